import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScratchDrive, DEFAULT_SCRATCH_MIB } from '@vulcan/images'

const PORT = 1024

/** The files that both arms boot. */
export interface GuestFiles {
  readonly homeDir: string
  readonly vhostDeviceVsock: string
  readonly tscKhz: number
}

/** What the floor is made of, in milliseconds from the start. */
export interface ByHandTimes {
  readonly readyMs: number
  readonly totalMs: number
}

/**
 * The floor: QEMU and vhost-device-vsock started as one would by hand, with the same kernel, initrd,
 * image, scratch drive and request as `vulcan run`, and nothing around them.
 */
export async function runByHand(files: GuestFiles, code: string): Promise<ByHandTimes> {
  const directory = await mkdtemp(join(tmpdir(), 'by-hand-'))
  const children: ChildProcess[] = []
  const startedAtMs = performance.now()
  try {
    const scratchPath = join(directory, 'scratch.ext4')
    await createScratchDrive({
      home: files.homeDir,
      path: scratchPath,
      sizeMib: DEFAULT_SCRATCH_MIB,
    })
    const udsPath = join(directory, 'v.sock')
    const ready = listenOnce(`${udsPath}_${PORT}`)
    const vhostSocket = join(directory, 'vhost.sock')
    const vsock = spawn(
      files.vhostDeviceVsock,
      ['--vm', `guest-cid=3,uds-path=${udsPath},socket=${vhostSocket}`],
      { stdio: 'ignore' },
    )
    children.push(vsock)
    await socketUp(vhostSocket)
    children.push(
      spawn('qemu-system-x86_64', qemuArguments(files, scratchPath, vhostSocket), {
        stdio: 'ignore',
      }),
    )
    await ready
    const readyMs = performance.now() - startedAtMs
    await request(udsPath, { type: 'run', runtime: 'python', code, timeout_s: 60 })
    return { readyMs, totalMs: performance.now() - startedAtMs }
  } finally {
    for (const child of children) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(directory, { recursive: true })
  }
}

function qemuArguments({ homeDir, tscKhz }: GuestFiles, scratchPath: string, vhostSocket: string) {
  const append =
    'console=ttyS0 reboot=k panic=1 pci=off quiet init=/usr/local/bin/vulcan-guest vulcan.port=1024 ' +
    `root=/dev/vda ro no_timer_check tsc=reliable lpj=4000000 tsc_early_khz=${tscKhz} cryptomgr.notests`
  return [
    ...['-M', 'microvm,acpi=on,memory-backend=mem', '-accel', 'tcg,thread=multi', '-cpu', 'max'],
    ...['-m', '512', '-smp', '1', '-object', 'memory-backend-memfd,id=mem,size=512M,share=on'],
    ...['-nodefaults', '-no-user-config', '-nographic', '-no-reboot', '-serial', 'null'],
    ...['-kernel', join(homeDir, 'vmlinux'), '-initrd', join(homeDir, 'initrd'), '-append', append],
    ...[
      '-drive',
      `id=root,file=${join(homeDir, 'rootfs/python.ext4')},format=raw,if=none,readonly=on`,
    ],
    ...['-device', 'virtio-blk-device,drive=root'],
    ...['-drive', `id=scratch,file=${scratchPath},format=raw,if=none`],
    ...['-device', 'virtio-blk-device,drive=scratch'],
    ...['-chardev', `socket,id=vsock,path=${vhostSocket}`],
    ...['-device', 'vhost-user-vsock-device,chardev=vsock'],
  ]
}

async function listenOnce(path: string): Promise<void> {
  const server = createServer()
  server.listen(path)
  const [socket]: Socket[] = await once(server, 'connection')
  socket?.destroy()
  server.close()
}

async function socketUp(path: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const probe = spawn('test', ['-S', path])
    probe.on('exit', (exitCode) => resolve(exitCode === 0))
    if (await promise) return
  }
  throw new Error(`${path} did not appear`)
}

async function request(udsPath: string, message: object): Promise<void> {
  const connection = connect(udsPath)
  connection.write(`CONNECT ${PORT}\n`)
  let received = Buffer.alloc(0)
  let sent = false
  for await (const chunk of connection) {
    received = Buffer.concat([received, chunk])
    if (!sent && received.includes('\n')) {
      const body = Buffer.from(JSON.stringify(message))
      const header = Buffer.alloc(4)
      header.writeUInt32BE(body.byteLength)
      connection.write(Buffer.concat([header, body]))
      sent = true
    }
    if (received.includes('"type":"result"')) break
  }
  connection.destroy()
  if (!received.includes('"reason":"exited"')) throw new Error(`no result: ${received}`)
}
