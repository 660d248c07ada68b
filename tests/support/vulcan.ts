import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  lutimes,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

const machineHome = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
const machineRun = process.env['VULCAN_RUN']
const command = resolve(import.meta.dirname, '../../bin/vulcan')

/** What one run of the command line gave. */
export interface Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/**
 * `vulcan` as a user starts it, with a run and a data directory of its own (with this machine's
 * images in it), so that what it leaves behind can be told from what others do.
 */
export class VulcanUnderTest {
  readonly runDir: string
  readonly #homeDir: string
  private constructor(runDir: string, homeDir: string) {
    this.runDir = runDir
    this.#homeDir = homeDir
  }

  static async create(t: TestContext): Promise<VulcanUnderTest> {
    const runDir = await mkdtemp(join(tmpdir(), 'vt-'))
    const homeDir = await mkdtemp(join(tmpdir(), 'vulcan-home-'))
    t.after(async () => {
      await rm(runDir, { recursive: true, force: true })
      await rm(homeDir, { recursive: true, force: true })
    })
    await linkImages(homeDir)
    await copyFindings(runDir)
    return new VulcanUnderTest(runDir, homeDir)
  }

  /** The environment that makes a host use these directories. */
  get env(): Readonly<Record<string, string | undefined>> {
    return { ...process.env, VULCAN_RUN: this.runDir, VULCAN_HOME: this.#homeDir }
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(command, args, {
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  async run(
    args: readonly string[],
    options: { stdin?: string; env?: Readonly<Record<string, string>> } = {},
  ): Promise<Finished> {
    const child = this.start(args, options.env)
    child.stdin?.end(options.stdin ?? '')
    return finish(child)
  }

  /** Runs Python code and gives the command's result; the usual way of these tests. */
  python(code: string, ...flags: string[]): Promise<Finished> {
    return this.run(['run', ...flags, '-c', code])
  }

  /** Every VM that this run directory knows of, as the names of their directories. */
  async vms(): Promise<string[]> {
    return listed(join(this.runDir, 'vms'))
  }

  /** Fails if a process, socket, directory, lease or scratch drive of this run directory is left. */
  async assertNothingLeft(): Promise<void> {
    assert.deepEqual(await this.vms(), [])
    assert.deepEqual(await listed(join(this.runDir, 'owners')), [])
    assert.deepEqual(await listed(join(this.runDir, 'slots')), [])
    assert.deepEqual(await this.#leases(), [])
    assert.deepEqual(await this.#scratchDrives(), [])
    assert.deepEqual(await this.#jails(), [])
    assert.deepEqual(await this.processes(), [])
  }

  /** Leases are the machine's; those of this run directory say so. */
  async #leases(): Promise<string[]> {
    const root = process.getuid?.() === 0 ? '/run/vulcan/leases' : join(this.runDir, 'leases')
    const names = await readdir(root, { recursive: true }).catch(() => [])
    const paths = names.map((name) => join(root, name))
    const holders = await Promise.all(paths.map((path) => readlink(path).catch(() => '')))
    return paths.filter((_, at) => holders[at]?.startsWith(`${this.runDir}/`))
  }

  /** The users that root has leased to VMs of this run directory, living or not. */
  async #vmUsers(): Promise<Set<number>> {
    const manifests = (await this.vms()).map((vm) =>
      join(this.runDir, 'vms', vm, 'manifest.ndjson'),
    )
    const ended = join(this.#homeDir, 'ended')
    const ends = (await listed(ended)).map((name) => join(ended, name))
    const texts = await Promise.all(
      [...manifests, ...ends].map((path) => readFile(path, 'utf8').catch(() => '')),
    )
    const uids = texts.flatMap((text) => [...text.matchAll(/"kind":"uid","uid":(\d+)/g)])
    return new Set(uids.map(([, uid]) => Number(uid)))
  }

  async #scratchDrives(): Promise<string[]> {
    const root = join(this.#homeDir, 'scratch')
    const boots = await listed(root)
    const drives = await Promise.all(boots.map((boot) => readdir(join(root, boot))))
    return drives.flat()
  }

  /** Jails, and the cgroups of the VMs that had them: each has its VM's name. */
  async #jails(): Promise<string[]> {
    const names = await readdir(join(this.#homeDir, 'jail'), { recursive: true }).catch(() => [])
    const ended = await listed(join(this.#homeDir, 'ended'))
    const texts = await Promise.all(
      ended.map((name) => readFile(join(this.#homeDir, 'ended', name), 'utf8')),
    )
    const cgroups = texts.flatMap((text) => [...text.matchAll(/"kind":"cgroup","path":"([^"]+)"/g)])
    const left = cgroups.map(([, path = '']) => path).filter((path) => existsSync(path))
    // A boot, a program, and then what is one VM's.
    return [...names.filter((name) => name.split('/').length > 2), ...left]
  }

  /** The command lines of processes that have to do with this run directory or one of its VMs. */
  async processes(): Promise<string[]> {
    const vmUsers = await this.#vmUsers()
    const found = (await livingProcesses()).filter(
      ({ uid, line }) => line.includes(this.runDir) || isVmProcess(vmUsers, uid, line),
    )
    const others = await this.#usersOfOthers()
    const still = new Set((await livingProcesses()).map(({ pid, line }) => `${pid} ${line}`))
    return found
      .filter(({ pid, uid, line }) => !others.has(uid) && still.has(`${pid} ${line}`))
      .map(({ line }) => line)
  }

  /** A user that was given back may be another host's by now, and its processes with it. */
  async #usersOfOthers(): Promise<Set<number>> {
    const root = '/run/vulcan/leases/uid'
    const uids = await listed(root)
    const holders = await Promise.all(uids.map((uid) => readlink(join(root, uid)).catch(() => '')))
    const ofOthers = uids.filter((_, at) => {
      const holder = holders[at] ?? ''
      return holder !== '' && !holder.startsWith(`${this.runDir}/`)
    })
    return new Set(ofOthers.map(Number))
  }
}

interface Living {
  readonly pid: number
  readonly uid: number
  readonly line: string
}

/** All of this machine. A zombie has no line: it has ended, and waits for a parent in no hurry. */
async function livingProcesses(): Promise<Living[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      const { uid } = await stat(`/proc/${pid}`).catch(() => ({ uid: 0 }))
      return { pid: Number(pid), uid, line: line.replaceAll('\0', ' ') }
    }),
  )
  return all.filter(({ line }) => line !== '')
}

/** Users other than root run VMs as themselves. */
function isVmProcess(vmUsers: ReadonlySet<number>, uid: number, line: string): boolean {
  if (process.getuid?.() === 0) return vmUsers.has(uid)
  return uid === process.getuid?.() && /qemu-system|vhost-device-vsock/.test(line)
}

/** This machine's current images, as if they had been built a while ago. */
async function linkImages(homeDir: string): Promise<void> {
  const rootfs = (await readdir(join(machineHome, 'rootfs'))).map((name) => join('rootfs', name))
  const before = new Date(Date.now() - 3_600_000)
  await mkdir(join(homeDir, 'store'))
  await mkdir(join(homeDir, 'rootfs'))
  for (const link of ['vmlinux', 'initrd', ...rootfs]) {
    const file = await realpath(join(machineHome, link))
    const artefact = join(homeDir, 'store', basename(dirname(file)))
    await symlink(dirname(file), artefact)
    await symlink(join(artefact, basename(file)), join(homeDir, link))
    await lutimes(join(homeDir, link), before, before)
  }
}

/** What a trial boot on this machine showed, for tests to need no trial each. */
async function copyFindings(runDir: string): Promise<void> {
  if (machineRun === undefined) return
  for (const name of ['preflight.json', 'hashes.json']) {
    const findings = await readFile(join(machineRun, name)).catch(() => undefined)
    if (findings !== undefined) await writeFile(join(runDir, name), findings, { mode: 0o600 })
  }
}

/** A directory that was never made has nothing in it. */
function listed(path: string): Promise<string[]> {
  return readdir(path).catch(() => [])
}

/** Resolves when a process has written `text` on one of its streams, however it was cut. */
export async function written(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  text: string,
): Promise<void> {
  const stream = child[name]
  assert.ok(stream)
  let seen = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += chunk
    if (seen.includes(text)) return
  }
  const other = child[name === 'stdout' ? 'stderr' : 'stdout']
  const rest = other === null ? '' : await textOf(other)
  assert.fail(`${name} ended without "${text}": ${seen}\nand the other stream: ${rest}`)
}

/** Waits for the end of a process, with all that it wrote. */
export async function finish(child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk))
  const [exitCode, signal] = await once(child, 'close')
  return {
    exitCode,
    signal,
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString(),
  }
}
