import { chmodSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@vulcan/schema'
import { type CommandLine, ProgramEnd, parseCommandLine } from './command-line.ts'
import { FakeVm } from './fake-vm.ts'
import { DEFAULT_VERSION, type FakeScript } from './script.ts'
import { listenForShims, type Shim } from './shim.ts'
import { writeStandInJailer } from './stand-in-jailer.ts'

/**
 * Firecracker for tests, without KVM: `binary` is spawned like the real program, and this object,
 * in the test's own process, answers on its sockets with the server half that `vulcan-vmm` has.
 *
 * A VM costs one shell. When its process dies, its sockets are dead and their files stay behind,
 * as after a SIGKILL. Disposing ends all of them.
 */
export class FakeFirecracker implements AsyncDisposable {
  /** In the order in which they came up. */
  readonly vms: FakeVm[] = []
  /** For VMs that come up from now on. */
  script: FakeScript
  readonly #directory = mkdtempSync(join(tmpdir(), 'fake-firecracker-'))
  readonly #shims = listenForShims(this.#directory, (shim) => this.#open(shim))
  readonly #opening = new Set<Promise<void>>()

  constructor(script: FakeScript = {}) {
    this.script = script
  }

  /** The path of what takes the place of `firecracker` or `vulcan-vmm`. */
  get binary(): string {
    return this.#shims.binary
  }

  /**
   * The path of what takes the place of Firecracker's jailer, and needs root as that does. The VMM's
   * process gets its user, and its files are in a jail.
   */
  jailer(): string {
    // The shim works in here as whoever it was made.
    chmodSync(this.#directory, 0o777)
    return writeStandInJailer(this.#directory)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shims[Symbol.asyncDispose]()
    await Promise.all(this.#opening)
    await Promise.all(this.vms.map((vm) => vm.ended))
    await rm(this.#directory, { recursive: true, force: true })
  }

  /** Undefined where the process ends at once. */
  #commandLineOf(shim: Shim): CommandLine | undefined {
    try {
      return parseCommandLine(shim.args, this.script.version ?? DEFAULT_VERSION)
    } catch (error) {
      if (!(error instanceof ProgramEnd)) throw error
      const { exitCode, message } = error
      shim.exit(exitCode, exitCode === 0 ? { stdout: message } : { stderr: `Error: ${message}\n` })
      return undefined
    }
  }

  #open(shim: Shim): void {
    const commandLine = this.#commandLineOf(shim)
    if (commandLine === undefined) return
    const vm = new FakeVm(shim, commandLine, this.script)
    this.vms.push(vm)
    // A VMM that cannot bind its socket or start from its file exits with an error, and says which.
    const opening = vm.open().catch((error: unknown) => {
      vm.scriptErrors.push(error)
      shim.exit(1, { stderr: `Error: ${messageOf(error)}\n` })
    })
    this.#opening.add(opening)
    void opening.then(() => this.#opening.delete(opening))
  }
}
