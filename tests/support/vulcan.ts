import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

const command = resolve(import.meta.dirname, '../../bin/vulcan')

/** What one run of the command line gave. */
export interface Finished {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/**
 * `vulcan` as a user starts it, with a run directory of its own, so that what it leaves behind can
 * be told from what others do.
 */
export class VulcanUnderTest {
  readonly runDir: string

  private constructor(runDir: string) {
    this.runDir = runDir
  }

  static async create(t: TestContext): Promise<VulcanUnderTest> {
    const runDir = await mkdtemp(join(tmpdir(), 'vt-'))
    t.after(() => rm(runDir, { recursive: true, force: true }))
    return new VulcanUnderTest(runDir)
  }

  start(args: readonly string[]): ChildProcess {
    return spawn(command, args, {
      env: { ...process.env, VULCAN_RUN: this.runDir },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  async run(args: readonly string[], options: { stdin?: string } = {}): Promise<Finished> {
    const child = this.start(args)
    child.stdin?.end(options.stdin ?? '')
    return finish(child)
  }

  /** Runs Python code and gives the command's result; the usual way of these tests. */
  python(code: string, ...flags: string[]): Promise<Finished> {
    return this.run(['run', ...flags, '-c', code])
  }

  /** Every VM that this run directory knows of, as the names of their directories. */
  async vms(): Promise<string[]> {
    return readdir(join(this.runDir, 'vms')).catch(() => [])
  }

  /** Fails if a process, socket, directory, lease or scratch drive of this run directory is left. */
  async assertNothingLeft(): Promise<void> {
    assert.deepEqual(await this.vms(), [])
    assert.deepEqual(await readdir(join(this.runDir, 'owners')), [])
    assert.deepEqual(await readdir(join(this.runDir, 'leases/uid')), [])
    assert.deepEqual(await scratchDrives(), [])
    assert.deepEqual(await this.processes(), [])
  }

  /** The command lines of processes that have to do with this run directory. */
  async processes(): Promise<string[]> {
    const lines = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    )
    return lines
      .map((line) => line.replaceAll('\0', ' '))
      .filter((line) => line.includes(this.runDir) || /^\S*(qemu-system|vhost-device)/.test(line))
  }
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

async function scratchDrives(): Promise<string[]> {
  const home = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
  const boots = await readdir(join(home, 'scratch')).catch(() => [])
  const drives = await Promise.all(boots.map((boot) => readdir(join(home, 'scratch', boot))))
  return drives.flat()
}
