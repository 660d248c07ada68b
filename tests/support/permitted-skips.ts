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
    file: 'native',
    test: 'warm',
    reason: 'only root changes roots',
    on: { root: false },
  },
  {
    file: 'tests/vm/bad-input.test.ts',
    test: 'a program that Vulcan needs and that is not there is named',
    reason: 'Firecracker does not need it',
    on: { kvm: true },
  },
  ...[
    [
      'jailer/place-file',
      'an image is linked, its owner and mode as they were',
      'has users to give away',
    ],
    [
      'jailer/place-file',
      'what cannot be shared is copied, for everybody to read',
      'has users to give away',
    ],
    ['jailer/place-file', 'to write a VM gets its own files only', 'has users to give away'],
    ['jailer/remove-jail', 'what is mounted in a jail stays, and so does the jail', 'mounts'],
    [
      'process/start-vmm',
      'a jailed VMM is started through the jailer, and its API answers at the socket that it bound',
      'makes jails',
    ],
  ].map(([file = '', test = '', does]) => ({
    file: `packages/firecracker/test/${file}.test.ts`,
    test,
    reason: `only root ${does}`,
    on: { root: false },
  })),
  ...[
    'a jailed VM has its own user, cgroup and files, and leaves none of them',
    'links that a VMM plants in its jail lead the host nowhere',
    'a socket that is a link before the guest starts is refused',
    'a jailer that fails is told with its words, and leaves nothing',
    'a dead owner leaves no jail, wherever it stopped',
    'a manifest that names another directory as its jail removes nothing',
    'jails of an earlier boot of the machine are removed',
  ].map((test) => ({
    file: 'packages/backend-firecracker/test/place/jailed.test.ts',
    test,
    reason: 'only root makes jails',
    on: { root: false },
  })),
  ...[
    'a jailer is found beside Firecracker or by its variable, and what is missing is told',
    'a data directory whose jails would have no room for sockets is refused',
    'doctor tells which jailer is used, or that none is',
  ].map((test) => ({
    file: 'packages/host/test/jailer.test.ts',
    test,
    reason: 'only root makes jails',
    on: { root: false },
  })),
  ...[
    'documents/getting-started',
    'faults',
    'network/guest',
    'network/open',
    'network/policies',
    'network/slot',
    'ops/service-unit',
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
