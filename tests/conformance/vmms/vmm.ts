import type { TinyGuest } from '../tiny-guest.ts'

export type VmmName = 'fake' | 'vulcan-vmm' | 'firecracker'

/** A program with Firecracker's command line and API. */
export interface VmmKind {
  readonly name: VmmName
  /** The program, and arguments of its own. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether it boots Linux here, in a time that a test has. */
  readonly bootsLinux: boolean
  /** What takes longer does not happen. */
  readonly deadlineMs: number
  /** The same for the boot of a Linux. */
  readonly bootDeadlineMs: number
  /** Cases that are tried at once. */
  readonly concurrency: number
  /** Who must be able to read its files and to write its drives. */
  readonly user?: number
  /** For a VMM that executes nothing: makes the guest of this process do what it does. */
  play?(pid: number, guest: TinyGuest): void
}

/** What every case finds, and must leave as it is. */
export interface Files {
  /** The case's own, for what it makes. */
  readonly dir: string
  readonly kernel: string
  readonly initrd: string
  /** Of 1 MiB each. */
  readonly drive: string
  readonly otherDrive: string
  readonly missing: string
  kernelOf(guest: TinyGuest): string
  /** In a directory that the VMM's user may write in. */
  readonly vsock: string
}

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A VMM whose API listens. */
export interface RunningVmm {
  readonly pid: number
  readonly socketPath: string
  /** Rejects where it does not end in time. */
  ended(): Promise<Ended>
  /**
   * Resolves to its stdout when this has been on it; rejects where that takes longer than `when` may.
   */
  hasSaid(text: string, when?: 'running' | 'booting'): Promise<string>
  kill(signal: NodeJS.Signals): void
}

/** What a case works with; its processes are ended after the case. */
export interface VmmUnderCase {
  readonly name: VmmName
  readonly files: Files
  /** Starts it with `--api-sock` and these arguments. */
  start(...args: string[]): Promise<RunningVmm>
  /** One that has been started before and not been configured: for calls that leave no trace. */
  untouched(): Promise<RunningVmm>
  /** Runs it with exactly these arguments, which end it. */
  run(...args: string[]): Promise<Ended>
  /** Makes a drive with an empty file system, and returns its path. */
  scratch(): Promise<string>
  /** Lets a tiny guest do what it does: where nothing executes it, it must be told. */
  play(vmm: RunningVmm, guest: TinyGuest): void
}
