import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from './fault.ts'
import type { Place } from './place.ts'
import type { Trigger } from './plan.ts'

const PLUGIN_DIR = '/usr/lib/cni'
const PLUGINS = ['ptp', 'host-local', 'firewall']
const REFUSE = `echo '{"cniVersion":"1.0.0","code":11,"msg":"out of order"}'; exit 1`

interface CniFault {
  readonly which: string
  readonly plugin: string
  /** What takes the plugin's place; undefined: nothing does. */
  readonly lines: readonly string[] | undefined
  readonly rows?: readonly string[]
  readonly releaseMayFail?: boolean
  readonly trigger?: Trigger
}

const onAdd = (deed: string) => [`[ "$CNI_COMMAND" = ADD ] && { ${deed}; }`]
/** For each container: a single failure is nothing, since a DEL that fails is tried again at once. */
const firstDels = (deed: string) =>
  [1, 2, 3].map(
    (count) =>
      `if [ "$CNI_COMMAND" = DEL ] && mkdir "$0.${count}.$CNI_CONTAINERID" 2>/dev/null; then ${deed}; fi`,
  )

const FAULTS: readonly CniFault[] = [
  { which: 'ptp is missing', plugin: 'ptp', lines: undefined },
  { which: 'host-local is missing', plugin: 'host-local', lines: undefined },
  { which: 'ptp fails', plugin: 'ptp', lines: onAdd(REFUSE) },
  { which: 'host-local fails', plugin: 'host-local', lines: onAdd(REFUSE) },
  { which: 'firewall fails', plugin: 'firewall', lines: onAdd(REFUSE) },
  {
    which: 'ptp fails after its work',
    plugin: 'ptp',
    lines: onAdd(`${PLUGIN_DIR}/ptp >/dev/null; exit 1`),
  },
  {
    which: 'firewall fails after its work',
    plugin: 'firewall',
    lines: onAdd(`${PLUGIN_DIR}/firewall >/dev/null; exit 1`),
  },
  { which: 'ptp talks nonsense', plugin: 'ptp', lines: onAdd('echo nonsense; exit 0') },
  { which: 'firewall floods', plugin: 'firewall', lines: onAdd('exec yes') },
  { which: 'ptp is killed', plugin: 'ptp', lines: onAdd('kill -9 $$') },
  {
    ...{ which: 'ptp hangs and the workload is aborted', plugin: 'ptp' },
    ...{ lines: onAdd('exec sleep 1000'), rows: ['killed@'] },
    trigger: { step: 'spawn ptp ADD', edge: 'after', deed: 'abort' },
  },
  {
    ...{ which: 'ptp hangs and the owner is killed', plugin: 'ptp', rows: [] },
    lines: onAdd('exec sleep 1000'),
    trigger: { step: 'spawn ptp ADD', edge: 'after', deed: 'kill' },
  },
  { which: 'ptp hangs', plugin: 'ptp', lines: onAdd('exec sleep 1000') },
  ...['ptp', 'firewall', 'host-local'].map((plugin) => ({
    ...{ which: `${plugin} fails at the first DELs`, plugin, rows: ['exited@ended'] },
    ...{ lines: firstDels(REFUSE), releaseMayFail: true },
  })),
]

/** What hangs until a deadline of seconds passes: seldom chosen. */
export const isSlow = ({ which }: Fault) => which === 'ptp hangs'

/** Plugins fail, hang or are missing. */
export function cniFaults(place: Place): Fault[] {
  return FAULTS.map(
    ({ which, plugin, lines, rows = ['network_failed@network'], ...rest }): Fault => ({
      ...{ kind: 'CNI plugin', which, rows, network: 'public' },
      ...rest,
      arrange: async () => {
        const directory = place.newPath('cni')
        await mkdir(directory)
        for (const name of PLUGINS.filter((name) => name !== plugin)) {
          await symlink(join(PLUGIN_DIR, name), join(directory, name))
        }
        if (lines !== undefined) {
          const text = ['#!/bin/sh', ...lines, `exec ${join(PLUGIN_DIR, plugin)}`, ''].join('\n')
          await writeFile(join(directory, plugin), text, { mode: 0o755 })
        }
        return {
          env: { VULCAN_FC_CNI_BIN_DIR: directory },
          // The plugins stay as long as somebody may have to release what they made.
          [Symbol.asyncDispose]: async () => undefined,
        }
      },
    }),
  )
}
