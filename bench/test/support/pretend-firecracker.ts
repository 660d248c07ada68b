import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/**
 * A program that a VM started by hand can be: it takes Firecracker's file and is the agent, too. What
 * it was told is in `told.json` beside the vsock's socket's directory. It starts no guest.
 */
const [, , ...args] = process.argv
const config = JSON.parse(readFileSync(args[args.indexOf('--config-file') + 1] ?? '', 'utf8'))
const udsPath: string = config.vsock.uds_path
const { PRETEND_DIR = '' } = process.env
writeFileSync(join(PRETEND_DIR, 'told.json'), JSON.stringify({ ...config, pid: process.pid }))
if (process.env['PRETEND_ENDS'] !== undefined) process.exit(7)
appendFileSync(join(PRETEND_DIR, 'starts'), '.')
const starts = readFileSync(join(PRETEND_DIR, 'starts')).byteLength
if (starts <= Number(process.env['PRETEND_POWERS_OFF'] ?? 0)) process.exit(0)

interface Request {
  readonly type: string
  readonly code?: string
}

function frame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.byteLength)
  return Buffer.concat([header, body])
}

function answer(socket: Socket, { type, code = '' }: Request): void {
  if (type === 'ping') {
    socket.end(frame({ type: 'result', response: { version: '0' } }))
    return
  }
  if (code.includes('hang')) return
  const [, printed = ''] = /\("(.+)"\)/.exec(code) ?? []
  const exitCode = code.includes('fail') ? 1 : 0
  const half = Math.floor(printed.length / 2)
  const output = (data: string, stream = 'stdout') =>
    frame({ type: 'output', stream, data: Buffer.from(data).toString('base64') })
  const bytes = Buffer.concat([
    frame({ type: 'started' }),
    output(printed.slice(0, half)),
    output('no output', 'stderr'),
    output(printed.slice(half)),
    frame({ type: 'result', response: { reason: 'exited', exit_code: exitCode } }),
  ])
  // Cut where no message ends.
  socket.write(bytes.subarray(0, 11))
  setImmediate(() => socket.end(bytes.subarray(11)))
}

createServer((socket) => {
  let received = Buffer.alloc(0)
  let isOpen = false
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!isOpen) {
      if (received.toString() !== 'CONNECT 1024\n') return
      isOpen = true
      received = Buffer.alloc(0)
      socket.write('OK 1073741824\n')
      return
    }
    if (received.byteLength < 4 || received.byteLength < 4 + received.readUInt32BE()) return
    answer(socket, JSON.parse(received.subarray(4).toString()))
  })
  socket.on('error', () => socket.destroy())
}).listen(udsPath, () => connect(`${udsPath}_1024`))
