import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { CniResult } from '../../src/cni/result.ts'
import type { CniAttachment } from '../../src/cni/run-plugin.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** How a plugin was started, as it wrote it down. */
export interface PluginCall {
  readonly type: string
  readonly command: string
  readonly env: readonly string[]
  readonly config: Readonly<Record<string, unknown>>
}

export interface StandInPlugins {
  readonly directory: string
  /** Puts a shell script among the plugins; before it runs, the call is written down. */
  readonly install: (type: string, script: string) => Promise<void>
  readonly calls: () => Promise<PluginCall[]>
  /** A chain of plugins of these types. */
  readonly attachment: (types: readonly string[], cniVersion?: '0.3.1' | '1.0.0') => CniAttachment
}

export async function standInPlugins(t: TestContext): Promise<StandInPlugins> {
  const directory = await temporaryDirectory(t)
  const log = join(directory, 'calls')
  await writeFile(log, '')
  return {
    directory,
    install: (type, script) =>
      writeFile(join(directory, type), `${recordCall(type, log)}\n${script}\n`, { mode: 0o755 }),
    calls: async () => {
      const lines = (await readFile(log, 'utf8')).split('\n').filter(Boolean)
      return lines.map((line) => {
        const [type = '', command = '', env = '', config = ''] = line.split('\t')
        return { type, command, env: env.split(' ').filter(Boolean), config: JSON.parse(config) }
      })
    },
    attachment: (types, cniVersion = '1.0.0') => ({
      conflist: { cniVersion, name: 'test', plugins: types.map((type) => ({ type })) },
      binDirs: [directory],
      containerId: 'container-1',
      netnsPath: '/run/netns/none',
      args: 'IgnoreUnknown=1',
    }),
  }
}

/** `PWD`, `OLDPWD`, `SHLVL` and `_` are the shell's own. */
const recordCall = (type: string, log: string) => `#!/bin/sh
config=$(cat)
names=$(env | grep -vE '^(PWD|OLDPWD|SHLVL|_)=' | sort | tr '\\n' ' ')
printf '${type}\\t%s\\t%s\\t%s\\n' "$CNI_COMMAND" "$names" "$config" >>${log}`

/** What a plugin prints that has made a veth. */
export const result = (
  cniVersion: CniResult['cniVersion'] = '1.0.0',
  address = '198.19.0.2/17',
): CniResult => ({
  cniVersion,
  interfaces: [
    { name: 'vethtest', mac: '02:00:00:00:00:01' },
    { name: 'eth0', mac: '02:00:00:00:00:02', sandbox: '/run/netns/none' },
  ],
  ips: [{ interface: 1, address, gateway: '198.19.0.1' }],
})

/** A script that answers with a value. */
export const answer = (value: unknown) => `printf '%s' '${JSON.stringify(value)}'`
