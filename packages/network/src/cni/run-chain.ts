import * as z from 'zod'
import { NetworkError } from '../errors.ts'
import { machineDeadlineMs } from '../machine-deadline.ts'
import type { PluginConfig } from './conflist.ts'
import { CniResult } from './result.ts'
import { type CniAttachment, runPlugin } from './run-plugin.ts'

/** Each plugin gets so much; a chain of them has no deadline beyond the sum. */
const PLUGIN_DEADLINE_MS = machineDeadlineMs(10_000)

export interface ChainOptions {
  readonly deadlineMs?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * ADD, plugin by plugin, each with the result of the one before. `onResult` gets every result at
 * once: what is undone after a crash between two plugins needs it. After a failure DEL is the
 * caller's business.
 */
export async function addChain(
  attachment: CniAttachment,
  onResult: (result: CniResult) => void,
  options: ChainOptions = {},
): Promise<CniResult> {
  let result: CniResult | undefined
  for (const plugin of attachment.conflist.plugins) {
    const stdout = await runPlugin('ADD', plugin, attachment, result, limits(options))
    result = parseResult(plugin, attachment, stdout)
    onResult(result)
  }
  if (result === undefined) throw new TypeError('a conflist has at least one plugin')
  return result
}

/** CHECK, in the order of ADD: throws `cni_failed` where a plugin finds its work undone. */
export async function checkChain(
  attachment: CniAttachment,
  result: CniResult,
  options: ChainOptions = {},
): Promise<void> {
  const { plugins, cniVersion, disableCheck } = attachment.conflist
  if (disableCheck === true || !knowsCheck(cniVersion)) return
  for (const plugin of plugins) {
    await runPlugin('CHECK', plugin, attachment, result, limits(options))
  }
}

/**
 * DEL, in reverse order, with what is known of ADD's result. A plugin that fails does not keep the
 * others from releasing what is theirs; the failures are thrown at the end.
 */
export async function deleteChain(
  attachment: CniAttachment,
  result: CniResult | undefined,
  options: ChainOptions = {},
): Promise<void> {
  const { plugins, cniVersion } = attachment.conflist
  const prevResult = knowsCheck(cniVersion) ? result : undefined
  const failures: unknown[] = []
  for (const plugin of plugins.toReversed()) {
    options.signal?.throwIfAborted()
    // Twice: ptp fails at rules that an ADD which died had not made, and only at the first DEL.
    const del = () => runPlugin('DEL', plugin, attachment, prevResult, limits(options))
    await del()
      .catch((error: unknown) => {
        if (isPluginsOwn(error)) return del()
        throw error
      })
      .catch((error: unknown) => failures.push(error))
  }
  options.signal?.throwIfAborted()
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, 'several CNI plugins failed at DEL')
}

const isPluginsOwn = (error: unknown) =>
  error instanceof NetworkError && error.code === 'cni_failed'

const limits = ({ deadlineMs = PLUGIN_DEADLINE_MS, signal }: ChainOptions) => ({
  deadlineMs,
  signal,
})

/** CHECK, and `prevResult` for DEL, came with 0.4.0. */
const knowsCheck = (cniVersion: string) => !cniVersion.startsWith('0.3.')

function parseResult(
  { type }: PluginConfig,
  { conflist }: CniAttachment,
  stdout: string,
): CniResult {
  const fail = (problem: string, cause?: unknown) =>
    new NetworkError('cni_failed', `ADD of the CNI plugin ${type} answered ${problem}`, {
      step: 'ADD',
      plugin: type,
      cause,
    })
  let result: CniResult
  try {
    result = CniResult.parse(JSON.parse(stdout))
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw fail(`what is no result: ${problem}`, error)
  }
  if (result.cniVersion === conflist.cniVersion) return result
  throw fail(`in version ${result.cniVersion}, not in the chain's ${conflist.cniVersion}`)
}
