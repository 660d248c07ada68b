import { execFile } from 'node:child_process'
import { chown, mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { TINY_KERNELS } from '../tiny-guest.ts'
import { VmmProcess } from './start-vmm.ts'
import type { Files, VmmKind, VmmUnderCase } from './vmm.ts'

const DRIVE_BYTES = 1024 * 1024
const SCRATCH_BYTES = 64 * DRIVE_BYTES

/** The files and the processes with which the cases try one VMM. Disposing leaves nothing. */
export class Workbench implements AsyncDisposable {
  readonly kind: VmmKind
  readonly #dir: string
  readonly #stack = new AsyncDisposableStack()
  #untouched: Promise<VmmProcess> | undefined
  #cases = 0

  private constructor(kind: VmmKind, dir: string) {
    this.kind = kind
    this.#dir = dir
    this.#stack.defer(() => rm(dir, { recursive: true, force: true }))
  }

  static async open(kind: VmmKind): Promise<Workbench> {
    const dir = await mkdtemp(join(tmpdir(), 'vc-'))
    const workbench = new Workbench(kind, dir)
    for (const [guest, kernel] of TINY_KERNELS) await writeFile(join(dir, guest), kernel)
    await writeFile(join(dir, 'initrd'), Buffer.alloc(4096))
    for (const name of ['drive', 'other-drive']) {
      await writeFile(join(dir, name), '')
      await truncate(join(dir, name), DRIVE_BYTES)
    }
    await workbench.#own(dir, 'drive', 'other-drive')
    return workbench
  }

  /** Runs a case, and ends what it started. */
  async try(run: (vmm: VmmUnderCase) => Promise<void>): Promise<void> {
    await using stack = new AsyncDisposableStack()
    this.#cases += 1
    const dir = join(this.#dir, String(this.#cases))
    await mkdir(join(dir, 'v'), { recursive: true })
    await this.#own(dir, 'v')
    let processes = 0
    const started = async (args: readonly string[]) => {
      processes += 1
      const socketPath = join(dir, `api-${processes}.sock`)
      const vmm = new VmmProcess(this.kind, socketPath, ['--api-sock', socketPath, ...args])
      return await stack.use(vmm).untilListening()
    }
    await run({
      name: this.kind.name,
      files: this.#files(dir),
      start: (...args) => started(args),
      untouched: () => this.#listening(),
      run: (...args) => stack.use(new VmmProcess(this.kind, '', args)).ended(),
      scratch: () => this.#scratch(dir),
      play: (vmm, guest) => this.kind.play?.(vmm.pid, guest),
    })
  }

  /** The one that no case configures, if a case has used it. */
  get untouched(): Promise<VmmProcess> | undefined {
    return this.#untouched
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  #listening(): Promise<VmmProcess> {
    const socketPath = join(this.#dir, 'api.sock')
    this.#untouched ??= this.#stack
      .use(new VmmProcess(this.kind, socketPath, ['--api-sock', socketPath]))
      .untilListening()
    return this.#untouched
  }

  async #scratch(dir: string): Promise<string> {
    const path = join(dir, 'scratch')
    await writeFile(path, '')
    await truncate(path, SCRATCH_BYTES)
    await promisify(execFile)('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', path])
    await this.#own(dir, 'scratch')
    return path
  }

  #files(dir: string): Files {
    return {
      dir,
      kernel: join(this.#dir, 'idles'),
      kernelOf: (guest) => join(this.#dir, guest),
      initrd: join(this.#dir, 'initrd'),
      drive: join(this.#dir, 'drive'),
      otherDrive: join(this.#dir, 'other-drive'),
      missing: join(this.#dir, 'missing'),
      vsock: join(dir, 'v/v.sock'),
    }
  }

  async #own(dir: string, ...names: readonly string[]): Promise<void> {
    const { user } = this.kind
    if (user === undefined) return
    for (const name of names) await chown(join(dir, name), user, user)
  }
}
