/** A message as an agent puts it on the wire. */
export function framed(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.byteLength)
  return Buffer.concat([header, body])
}

/** What an agent dials its host with. */
export const READY = { port: 1024, message: framed({ type: 'ready', version: '0.1.0' }) }

/** How an agent answers for a program that succeeded. */
export const RESPONSE = {
  exit_code: 0,
  error: '',
  reason: 'exited',
  truncated: { stdout: false, stderr: false },
}
