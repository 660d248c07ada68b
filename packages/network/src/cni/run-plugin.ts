import * as z from 'zod'
import { NetworkError } from '../errors.ts'
import { PROGRAM_DIRS } from '../host-programs.ts'
import { isEmptyName } from '../netns.ts'
import { describeEnd, type ProgramReport, runProgram } from '../run-program.ts'
import type { Conflist, PluginConfig } from './conflist.ts'
import { findPlugin } from './load-conflist.ts'
import type { CniResult } from './result.ts'

/** The interface that the chain makes in the namespace. */
export const CNI_IFNAME = 'eth0'

export type CniCommand = 'ADD' | 'CHECK' | 'DEL'

/** What a chain is run for. */
export interface CniAttachment {
  readonly conflist: Conflist
  readonly binDirs: readonly string[]
  readonly containerId: string
  readonly netnsPath: string
  /** `CNI_ARGS`. */
  readonly args: string
}

export interface RunPluginOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
}

const WireError = z.object({
  code: z.int(),
  msg: z.string().max(4096),
  details: z.string().max(4096).default(''),
})

/**
 * Runs one plugin of a chain and returns what it printed. Throws `cni_plugin_missing`, `cni_timeout`,
 * `cni_failed` with the plugin's own error, or the signal's reason.
 */
export async function runPlugin(
  command: CniCommand,
  plugin: PluginConfig,
  attachment: CniAttachment,
  prevResult: CniResult | undefined,
  { deadlineMs, signal }: RunPluginOptions,
): Promise<string> {
  const { name, cniVersion } = attachment.conflist
  const config = { ...plugin, name, cniVersion, ...(prevResult ? { prevResult } : {}) }
  const report = await runProgram({
    path: await findPlugin(plugin.type, attachment.binDirs),
    input: JSON.stringify(config),
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: attachment.containerId,
      CNI_NETNS: await netnsFor(command, attachment),
      CNI_IFNAME,
      CNI_ARGS: attachment.args,
      CNI_PATH: attachment.binDirs.join(':'),
      PATH: PROGRAM_DIRS.join(':'),
    },
    deadlineMs,
    signal,
    // ptp takes its link away before its rules, which a second DEL would not find without the link.
    ifWeDie: command === 'DEL' ? 'finishes' : 'killed',
  })
  if (report.end.type === 'exited' && report.end.exitCode === 0) return report.stdout
  throw failure(command, plugin.type, report)
}

/** None at a DEL of a namespace that is gone: plugins look into whatever file there is. */
async function netnsFor(command: CniCommand, { netnsPath }: CniAttachment): Promise<string> {
  return command === 'DEL' && (await isEmptyName(netnsPath)) ? '' : netnsPath
}

function failure(step: CniCommand, plugin: string, report: ProgramReport): NetworkError {
  const { end, stderr: stderrTail } = report
  const what = `${step} of the CNI plugin ${plugin}`
  if (end.type === 'timed_out') {
    const problem = `${what} ${describeEnd(end)}, and was killed`
    return new NetworkError('cni_timeout', problem, { step, plugin, stderrTail })
  }
  const pluginError = parsePluginError(report.stdout)
  if (pluginError === undefined) {
    const problem = `${what} ${describeEnd(end)} and gave no error of its own`
    return new NetworkError('cni_failed', problem, { step, plugin, stderrTail })
  }
  const { code, msg, details } = pluginError
  const problem = `${what} failed: ${details === '' ? msg : `${msg} (${details})`} (code ${code})`
  return new NetworkError('cni_failed', problem, { step, plugin, pluginError, stderrTail })
}

function parsePluginError(stdout: string): z.infer<typeof WireError> | undefined {
  try {
    return WireError.parse(JSON.parse(stdout))
  } catch {
    return undefined
  }
}
