import { once } from 'node:events'
import { connect } from 'node:net'

const PORT = 1024
const HEADER_BYTES = 4

/** What a guest's agent answered to one request. */
export interface AgentAnswer {
  readonly stdout: string
  readonly response: Readonly<Record<string, unknown>>
}

interface Message {
  readonly type: string
  readonly data?: string
  readonly stream?: string
  readonly response?: Readonly<Record<string, unknown>>
}

export interface AskOptions {
  readonly signal: AbortSignal
  readonly deadlineMs: number
}

/**
 * One request to the agent of an open VM, on a connection of its own, with nothing around it. Throws
 * where there is no answer in time, and the signal's reason.
 */
export async function askAgent(
  udsPath: string,
  request: object,
  { signal: stopped, deadlineMs }: AskOptions,
): Promise<AgentAnswer> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(deadlineMs)])
  const socket = connect(udsPath)
  const stop = () => socket.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await once(socket, 'connect', { signal })
    socket.write(`CONNECT ${PORT}\n`)
    let received: Buffer = Buffer.alloc(0)
    let isOpen = false
    let stdout = ''
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk])
      if (!isOpen) {
        const end = received.indexOf('\n')
        if (end < 0) continue
        isOpen = true
        received = received.subarray(end + 1)
        socket.write(encode(request))
      }
      const { messages, rest } = decode(received)
      received = rest
      for (const { type, stream, data, response } of messages) {
        if (type === 'result') return { stdout, response: response ?? {} }
        if (type === 'output' && stream === 'stdout') {
          stdout += Buffer.from(data ?? '', 'base64').toString()
        }
      }
    }
    signal.throwIfAborted()
    throw new Error('the agent closed without a result')
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

function encode(request: object): Buffer {
  const body = Buffer.from(JSON.stringify(request))
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(body.byteLength)
  return Buffer.concat([header, body])
}

/** The messages that are whole: a length, big-endian, and so much JSON. */
function decode(bytes: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = []
  let rest = bytes
  while (rest.byteLength >= HEADER_BYTES) {
    const end = HEADER_BYTES + rest.readUInt32BE()
    if (rest.byteLength < end) break
    messages.push(JSON.parse(rest.subarray(HEADER_BYTES, end).toString()))
    rest = rest.subarray(end)
  }
  return { messages, rest }
}
