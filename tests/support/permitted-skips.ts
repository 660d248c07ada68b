import type { MachineKind } from './machine-kind.ts'

/** A test that may be skipped on machines of a kind, and the reason it must give. */
export interface PermittedSkip {
  /** Relative to the repository; `native` for the tests that cargo runs. */
  readonly file: string
  /** The test's name, after the names of its suites: `suite › test`. */
  readonly test: string
  /** Word for word what the test passes as its reason. */
  readonly reason: string
  /** The machines on which this is permitted: every field that is given must agree. */
  readonly on: Partial<MachineKind>
}

/** Every skip that may happen. Any other one fails the run: a test that is not run proves nothing. */
export const permittedSkips: readonly PermittedSkip[] = [
  {
    file: 'tests/vmm-qemu-machine.test.ts',
    test: 'QEMU and the vsock device are nobody, see only their files and no network',
    reason: 'only root sees the namespaces of other users',
    on: { root: false },
  },
  {
    file: 'tests/vm/bad-input.test.ts',
    test: 'a program that Vulcan needs and that is not there is named',
    reason: 'Firecracker does not need it',
    on: { kvm: true },
  },
  ...[
    'faults',
    'network/guest',
    'network/open',
    'network/policies',
    'network/slot',
    'vmm-qemu-network',
  ].map((name) => ({
    file: `tests/${name}.test.ts`,
    test: 'networks work',
    reason: 'only root makes network namespaces',
    on: { root: false },
  })),
]

/** Whether the list permits this skip on this kind of machine. */
export function isPermitted(
  skip: Pick<PermittedSkip, 'file' | 'test' | 'reason'>,
  list: readonly PermittedSkip[],
  machine: MachineKind,
): boolean {
  return list.some(
    ({ file, test, reason, on }) =>
      file === skip.file &&
      test === skip.test &&
      reason === skip.reason &&
      (on.kvm === undefined || on.kvm === machine.kvm) &&
      (on.root === undefined || on.root === machine.root),
  )
}
