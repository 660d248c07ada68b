import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

const libexec = process.env['VULCAN_LIBEXEC'] ?? resolve(import.meta.dirname, '../../dist/libexec')
const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
const isRoot = process.getuid?.() === 0

/** Who QEMU runs as when these tests run as root. Nobody leases this one. */
export const VM_USER = 54_321
export const IMAGES = {
  kernel: join(home, 'vmlinux'),
  initrd: join(home, 'initrd'),
  rootfs: join(home, 'rootfs/python.ext4'),
} as const

const MACHINE_CONFIG = { vcpu_count: 1, mem_size_mib: 512 }
const BOOT_ARGS =
  'console=ttyS0 reboot=k panic=1 pci=off init=/usr/local/bin/vulcan-guest vulcan.port=1024'

/** One vulcan-vmm with its files, ended and removed with the test. */
export class VmmUnderTest {
  readonly dir: string
  readonly udsPath: string
  readonly process: ChildProcess
  /** Resolves to what it wrote, when nobody holds its stdout any more. */
  readonly console: Promise<string>

  private constructor(dir: string, child: ChildProcess) {
    this.dir = dir
    this.udsPath = join(dir, 'vsock/v.sock')
    this.process = child
    assert.ok(child.stdout)
    this.console = text(child.stdout)
  }

  /**
   * Starts vulcan-vmm, which has nothing configured yet, and waits for its API. In a network
   * namespace it is started as hosts do it, by vulcan-launch, with its record in `vmm.pid`.
   */
  static async start(
    t: TestContext,
    { netnsPath }: { readonly netnsPath?: string } = {},
  ): Promise<VmmUnderTest> {
    const dir = await mkdtemp(join(tmpdir(), 'vmm-'))
    t.after(() => rm(dir, { recursive: true, force: true }))
    const vsockDir = join(dir, 'vsock')
    await mkdir(vsockDir, { mode: 0o700 })
    if (isRoot) await chown(vsockDir, VM_USER, VM_USER)
    const identity = isRoot ? ['--uid', String(VM_USER), '--gid', String(VM_USER)] : []
    const vmm = [join(libexec, 'vulcan-vmm'), '--api-sock', join(dir, 'api.sock'), ...identity]
    const launch = [join(libexec, 'vulcan-launch'), 'exec', '--record', join(dir, 'vmm.pid')]
    const [program = '', ...args] =
      netnsPath === undefined ? vmm : [...launch, '--netns', netnsPath, '--', ...vmm]
    const child = spawn(program, args, {
      env: { ...process.env, VULCAN_LIBEXEC: libexec, VULCAN_RUN: join(dir, 'run') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    const started = new VmmUnderTest(dir, child)
    await untilListening(join(dir, 'api.sock'))
    return started
  }

  /** Makes a drive: zeros, or an empty file system. */
  async drive(name: string, sizeMib: number, content: 'blank' | 'ext4'): Promise<string> {
    const path = join(this.dir, name)
    await writeFile(path, '')
    await truncate(path, sizeMib * 1024 * 1024)
    if (content === 'ext4') {
      const mke2fs = spawn('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', path])
      const [exitCode] = await once(mke2fs, 'close')
      assert.equal(exitCode, 0)
    }
    if (isRoot) await chown(path, VM_USER, VM_USER)
    return path
  }

  /** Configures the guest with these drives, in this order, and starts it. */
  async boot(drives: readonly Record<string, unknown>[], moreBootArgs = ''): Promise<void> {
    await this.api('PUT', '/machine-config', MACHINE_CONFIG)
    await this.api('PUT', '/boot-source', {
      kernel_image_path: IMAGES.kernel,
      initrd_path: IMAGES.initrd,
      boot_args: `${BOOT_ARGS} ${moreBootArgs}`,
    })
    for (const drive of drives) await this.api('PUT', `/drives/${drive['drive_id']}`, drive)
    await this.api('PUT', '/vsock', { guest_cid: 3, uds_path: this.udsPath })
    await this.api('PUT', '/actions', { action_type: 'InstanceStart' })
  }

  /** One call, which must succeed. */
  async api(method: string, path: string, body?: unknown): Promise<void> {
    const call = request({ socketPath: join(this.dir, 'api.sock'), method, path })
    const content = body === undefined ? '' : JSON.stringify(body)
    if (body !== undefined) call.setHeader('Content-Length', Buffer.byteLength(content))
    call.end(content)
    const [response] = await once(call, 'response')
    const answer = await text(response)
    assert.ok(response.statusCode < 300, `${method} ${path}: ${response.statusCode} ${answer}`)
  }

  /** The pids of QEMU and vhost-device-vsock. */
  async children(): Promise<string[]> {
    const { pid } = this.process
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
  }

  /** The pid of the child whose command name begins so. */
  async child(name: string): Promise<string> {
    for (const pid of await this.children()) {
      const comm = await readFile(`/proc/${pid}/comm`, 'utf8')
      if (comm.startsWith(name)) return pid
    }
    return assert.fail(`no ${name} among the children`)
  }
}

/** Whether a process runs; one that has ended and is not yet waited for does not. */
export async function runs(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) [ZX] /.test(stat)
}

/**
 * Resolves when a process runs no more. It closes its files a little before it is gone, and nothing
 * tells of the second; one that goes on for 10 s fails the test.
 */
export async function ended(pid: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  while (await runs(pid)) signal.throwIfAborted()
}

/** An event tells that the socket is there; that it listens, only the next attempt. */
export async function untilListening(path: string): Promise<void> {
  const signal = AbortSignal.timeout(60_000)
  const watcher = watch(dirname(path))
  try {
    const changes = on(watcher, 'change', { signal })
    while (!existsSync(path)) await changes.next()
    while (!(await accepts(path))) signal.throwIfAborted()
  } finally {
    watcher.close()
  }
}

async function accepts(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
