import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What decides which tests cannot run on a machine. */
export interface MachineKind {
  /** A guest has booted with KVM since this machine started. */
  readonly kvm: boolean
  readonly root: boolean
}

/**
 * The kind of this machine.
 *
 * A `/dev/kvm` that opens proves nothing (nested hosts have one on which no guest boots), so this
 * asks what the host's own preflight wrote down after a trial boot. Before any VM has run, the
 * answer is "no KVM".
 */
export function machineKind(): MachineKind {
  const root = process.getuid?.() === 0
  return { kvm: trialBootSucceeded(join(runDirectory(root), 'preflight.json')), root }
}

export function describeMachine({ kvm, root }: MachineKind): string {
  return `${kvm ? 'with KVM' : 'without KVM'}, ${root ? 'as root' : 'as a user'}`
}

function runDirectory(root: boolean): string {
  const { VULCAN_RUN, XDG_RUNTIME_DIR } = process.env
  if (VULCAN_RUN) return VULCAN_RUN
  if (root) return '/run/vulcan'
  return join(XDG_RUNTIME_DIR || `/tmp/user-${process.getuid?.()}`, 'vulcan')
}

function trialBootSucceeded(path: string): boolean {
  try {
    const findings: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(findings) && findings.some((finding) => finding?.boots === true)
  } catch {
    return false
  }
}
