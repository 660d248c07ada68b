import { ConnectionError } from '../errors.ts'

/** A body that is read with limits: what it may hold, and how long it may be silent. */
export interface BodyLimits {
  readonly silenceMs: number
  readonly bytesMax?: number
}

/**
 * The parts of a body as they come. Only the time that is waited counts as silence, so a slow reader
 * is none. Leaving early gives up the connection. Throws `ConnectionError` `connection_lost` or
 * `answer_invalid`, or the signal's reason.
 */
export async function* readBody(
  body: ReadableStream<Uint8Array> | null,
  { silenceMs, bytesMax = Number.POSITIVE_INFINITY }: BodyLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return
  const reader = body.getReader()
  let bytes = 0
  let isOver = false
  try {
    for (;;) {
      const { done, value } = await within(silenceMs, () => reader.read(), signal)
      if (done) break
      bytes += value.byteLength
      if (bytes > bytesMax) {
        throw new ConnectionError('answer_invalid', `the answer has more than ${bytesMax} bytes`)
      }
      yield value
    }
    isOver = true
  } finally {
    // What is wrong with it no longer matters, and nobody waits for its end.
    if (!isOver) reader.cancel().catch(() => undefined)
  }
}

/** All of a body, decoded; at most `bytesMax`. Throws as `readBody`. */
export async function readText(
  response: Response,
  limits: BodyLimits,
  signal: AbortSignal | undefined,
): Promise<string> {
  const decoder = new TextDecoder()
  const parts: string[] = []
  for await (const chunk of readBody(response.body, limits, signal)) {
    parts.push(decoder.decode(chunk, { stream: true }))
  }
  return parts.join('') + decoder.decode()
}

async function within<T>(
  silenceMs: number,
  read: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted()
  const ended = Promise.withResolvers<never>()
  const abort = () => ended.reject(signal?.reason)
  const silence = `the server was silent for ${silenceMs} ms`
  const timer = setTimeout(
    () => ended.reject(new ConnectionError('connection_lost', silence)),
    silenceMs,
  )
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([read().catch(toLost), ended.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function toLost(cause: unknown): never {
  throw new ConnectionError(
    'connection_lost',
    'the connection was lost in the middle of an answer',
    {
      cause,
    },
  )
}
