import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '@vulcan/schema'
import { type Check, type Finding, fail } from './check.ts'

const DEADLINE_MS = 20_000
/** How long a check may take to end after it was told to; a VM is released meanwhile. */
const SETTLE_MS = 30_000

/**
 * Makes one check, which has a deadline and may throw: either is a finding. Throws the signal's
 * reason only.
 */
export async function examineOne(
  check: Check,
  failed: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  signal.throwIfAborted()
  const { needs = [] } = check
  const missing = failed.filter((code) => needs === 'all' || needs.includes(code))
  if (missing.length > 0) {
    return { status: 'skip', finding: `not tried, since this failed: ${missing.join(', ')}` }
  }
  const deadlineMs = check.deadlineMs ?? DEADLINE_MS
  const ended = new AbortController()
  const deadline = setTimeout(() => ended.abort(), deadlineMs)
  const bounded = AbortSignal.any([signal, ended.signal])
  try {
    return await Promise.race([check.run(bounded), settled(bounded)])
  } catch (error) {
    signal.throwIfAborted()
    if (ended.signal.aborted) return late(deadlineMs)
    return fail(
      `the check itself failed (${firstLine(error)})`,
      'report this: a check must find something out',
    )
  } finally {
    clearTimeout(deadline)
  }
}

/** Rejects some time after the signal has aborted: for what does not heed it. */
async function settled(signal: AbortSignal): Promise<never> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  await delay(SETTLE_MS, undefined, { ref: false })
  throw signal.reason
}

function late(deadlineMs: number): Finding {
  return fail(
    `no answer within ${deadlineMs / 1000} s`,
    'see what keeps this machine busy or waiting (a disk that does not answer?), and try again',
  )
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? ''
}
