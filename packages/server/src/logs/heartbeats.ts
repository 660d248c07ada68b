import type { LogSelection } from './log-selection.ts'

/**
 * What is sent of a log that is followed, with a beat whenever that is nothing for a while: a program
 * may write much that this reader does not get. Nothing is read ahead. Throws as `pieces`, which it
 * ends with itself.
 */
export async function* withHeartbeats<Piece>(
  pieces: AsyncGenerator<Piece, void, undefined>,
  { follow, heartbeatMs }: Pick<LogSelection, 'follow' | 'heartbeatMs'>,
  beat: Piece,
): AsyncGenerator<Piece, void, undefined> {
  try {
    for (;;) {
      const next = pieces.next()
      while (follow && (await isLate(next, heartbeatMs))) yield beat
      const { done, value } = await next
      if (done) return
      yield value
    }
  } finally {
    await pieces.return(undefined)
  }
}

/** Whether it takes longer than this; a failure is for whoever awaits it. */
async function isLate(next: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<true>()
  const timer = setTimeout(late.resolve, ms, true)
  const settled = next.then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([settled, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
