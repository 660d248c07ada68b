import { connect } from 'node:net'

/** Sends `request` as it is and resolves to all that comes until the server ends or `enough`. */
export function rawExchange(
  socketPath: string,
  request: string,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let received = ''
  const socket = connect({ path: socketPath })
  socket.on('connect', () => socket.write(request))
  socket.on('data', (chunk) => {
    received += chunk.toString()
    if (enough(received)) socket.destroy()
  })
  socket.on('error', reject)
  socket.on('close', () => resolve(received))
  return promise
}
