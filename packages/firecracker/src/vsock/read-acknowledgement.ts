import type { Duplex } from 'node:stream'

/** `OK <port of 32 bits>` and the newline take 14. */
const LINE_BYTES_MAX = 32
const NEWLINE = 0x0a

/**
 * Reads the `OK <host port>\n` that follows CONNECT and resolves to the bytes after it, which the
 * guest has sent already. The socket is paused then.
 */
export function readAcknowledgement(socket: Duplex): Promise<Uint8Array | 'closed' | 'nonsense'> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array | 'closed' | 'nonsense'>()
  let received: Buffer = Buffer.alloc(0)
  const settle = (outcome: Uint8Array | 'closed' | 'nonsense') => {
    socket.pause()
    socket.off('data', onData).off('end', onClosed).off('close', onClosed)
    resolve(outcome)
  }
  const onClosed = () => settle('closed')
  const onData = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    const newline = received.indexOf(NEWLINE)
    if (newline === -1 && received.length < LINE_BYTES_MAX) return
    const line = received.toString('latin1', 0, newline)
    settle(/^OK \d{1,10}$/.test(line) ? received.subarray(newline + 1) : 'nonsense')
  }
  socket.on('data', onData).on('end', onClosed).on('close', onClosed)
  return promise
}
