/**
 * A test's error as a reader wants it: what the test threw rather than node:test's wrapper, what
 * that was caused by, and no frames of Node itself. Of a file that failed as a whole: how it ended.
 */
export function describeError(error: Error): string {
  const { exitCode, signal } = error as { exitCode?: unknown; signal?: unknown }
  const ends = [
    ...(typeof exitCode === 'number' ? [`exit code ${exitCode}`] : []),
    ...(typeof signal === 'string' ? [`signal ${signal}`] : []),
  ]
  return [describe(error.cause ?? error), ...ends].join(': ')
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const stack = thrown.stack ?? String(thrown)
  const own = stack.split('\n').filter((line) => !/^\s+at .*\(?node:/.test(line))
  if (thrown.cause !== undefined) own.push(`caused by: ${describe(thrown.cause)}`)
  return own.join('\n').trimEnd()
}
