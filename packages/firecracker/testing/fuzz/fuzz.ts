import type { TestContext } from 'node:test'
import { Random } from './random.ts'

const INPUTS = Number(process.env['VULCAN_FUZZ_INPUTS'] ?? 5_000)
const SEED = Number(process.env['VULCAN_FUZZ_SEED'] ?? 1)
/** An input of some kilobytes that takes this long is not going to end. */
const HANG_MS = 20_000

/**
 * Tries a parser with `VULCAN_FUZZ_INPUTS` inputs, which `tryOne` makes from its random numbers and
 * judges by throwing. An input depends on `VULCAN_FUZZ_SEED` and its number alone; both are in the
 * error. Says how many inputs a second it tried.
 */
export async function fuzz(
  t: TestContext,
  tryOne: (random: Random) => void | Promise<void>,
): Promise<void> {
  let at = 0
  let seen = -1
  const { promise: hung, reject } = Promise.withResolvers<never>()
  const watch = setInterval(() => {
    if (seen === at) reject(new Error(`input ${at} of seed ${SEED} does not end`))
    seen = at
  }, HANG_MS)
  const startedAtMs = performance.now()
  const tryAll = async () => {
    for (; at < INPUTS; at += 1) {
      try {
        await tryOne(new Random(Math.imul(SEED, 0x9e3779b1) + at))
      } catch (cause) {
        throw new Error(`input ${at} of seed ${SEED}: ${String(cause)}`, { cause })
      }
    }
  }
  try {
    await Promise.race([tryAll(), hung])
  } finally {
    clearInterval(watch)
  }
  const perSecond = Math.round((INPUTS / (performance.now() - startedAtMs)) * 1000)
  t.diagnostic(`${INPUTS} inputs of seed ${SEED}, ${perSecond} a second`)
}
