/** How long some work takes, in ms. */
export async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}
