import type { OutputStream } from '@vulcan/schema'
import { readBody } from './http/body.ts'
import { exchange } from './http/exchange.ts'
import { retrying } from './http/retry.ts'
import type { Settings } from './options.ts'
import { workloadPath } from './workload-path.ts'

/**
 * The exact bytes of one stream, as they come. The stream fails with `ConnectionError`, or the
 * signal's reason; cancelling it gives the connection up.
 */
export async function openOutput(
  settings: Settings,
  id: string,
  stream: OutputStream,
  signal: AbortSignal | undefined,
): Promise<ReadableStream<Uint8Array>> {
  const path = workloadPath(id, '/output', { stream })
  const call = { method: 'GET', path, accept: 'application/octet-stream', signal } as const
  const response = await retrying(() => exchange(settings, call), { ...settings, signal })
  const chunks = readBody(response.body, { silenceMs: settings.timeoutMs }, signal)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}
