import type { VmmName } from './vmms/vmm.ts'

/** Cases that one of ours does not pass, and why that is so. */
export interface Difference {
  readonly vmm: Exclude<VmmName, 'firecracker'>
  readonly reason: string
  readonly cases: readonly string[]
}

const UNKNOWN_FIELD =
  'an unknown part of a configuration file is refused: it may limit or protect, and is never ignored'

const FAKE: Readonly<Record<string, readonly string[]>> = {
  [UNKNOWN_FIELD]: ['a top-level field that is unknown is not looked at'],
  'it opens no TAP and no vhost-user socket': [
    'a TAP whose name does not fit is refused',
    'a drive whose vhost-user socket is missing is refused',
  ],
  'it looks into no kernel': ['a kernel that is none is found out by the start'],
  'it has no console': [
    'what a guest writes to its console is on stdout',
    'a guest with Linux that dials where nobody listens is reset, and goes on',
    'a machine that was saved runs on in another process',
    'a console that was sent elsewhere is there, and not on stdout',
  ],
  'it logs only where a call told it to': [
    '--log-path gets the log, and stdout none',
    'without --log-path the log is on stdout',
  ],
  'a test, not a kernel, tells its guest what to do, and none is told before the API answers': [
    'without an API there is no socket, and the console is on stdout',
    'with an API a guest that restarts ends the program with 0, too',
  ],
  'of the memory of its machines it saves nothing': [
    'a guest with Linux goes on in other processes, at other sockets, from all and from what changed',
  ],
}

const VULCAN_VMM: Readonly<Record<string, readonly string[]>> = {
  'with a reserved context id no guest can be reached, which is told at once': [
    'a context id that is reserved is taken',
  ],
  [UNKNOWN_FIELD]: ['a top-level field that is unknown is not looked at'],
  'only the start of the guest finds out what the kernel file holds': [
    'a kernel that is none is found out by the start',
  ],
  'it says that it is vulcan-vmm': [
    'GET / tells what was started',
    '--version tells the version and succeeds',
  ],
  'QEMU in software has neither SMT, CPU templates, dirty page tracking nor huge pages': [
    'a second PUT /machine-config sets defaults again',
    'dirty pages can be tracked',
    'there can be SMT',
    'there can be huge pages',
    'a CPU template is deprecated, and taken',
    'a CPU template is taken, and not told',
  ],
  'it gives QEMU none of these devices': [
    'a drive whose vhost-user socket is missing is refused',
    'a balloon is configured, and told with its defaults',
    'memory below the balloon is refused',
    'a pmem device is configured, and told',
    'there is one root device, be it pmem',
    'memory to plug in is configured, and told',
  ],
  'there is no metadata service': [
    'metadata is put, patched, and told',
    'metadata over its limit is refused with 413',
    '--metadata fills the store of the metadata service',
    '--mmds-size-limit is the limit of the metadata',
  ],
  'there are no metrics': [
    'metrics go where they are told to, once',
    'metrics are flushed while it runs, be they wanted or not',
    'metrics that are flushed are a line of JSON',
    'metrics count what was asked, and the library reads them',
  ],
  'stdout is the console, and only the console': [
    'the console goes where it is told to',
    'a console that was sent elsewhere is there, and not on stdout',
    'without --log-path the log is on stdout',
  ],
  'a one-time burst is beyond QEMU': ['entropy is configured, limited, and told'],
  'a drive cannot be changed while QEMU runs': ['a drive gets another file while the machine runs'],
  'the vsock is bound by the program that serves it, which is started with the guest': [
    'the socket of the vsock is there when it is configured',
  ],
  'the program that serves its vsock says nothing to a guest that dials where nobody listens': [
    'a guest with Linux that dials where nobody listens is reset, and goes on',
  ],
  'it removes its sockets when it ends': ['a guest that restarts leaves the sockets'],
  "QEMU's microvm has no keyboard": ['Ctrl-Alt-Del reaches the keyboard of the guest'],
  'QEMU makes no snapshot of a machine with a vsock': [
    'a snapshot that cannot be loaded ends the program with 1',
    'a machine that is paused is saved, and goes on',
    'a guest with Linux goes on in other processes, at other sockets, from all and from what changed',
    'a machine that was saved runs on in another process',
    '--snapshot-version tells the version of snapshots',
  ],
}

/**
 * All that is known to differ from Firecracker. A case that fails and is not here fails the run, and
 * so does one that is here and passes.
 */
export const DIFFERENCES: readonly Difference[] = [
  ...list('fake', FAKE),
  ...list('vulcan-vmm', VULCAN_VMM),
]

function list(
  vmm: Difference['vmm'],
  byReason: Readonly<Record<string, readonly string[]>>,
): Difference[] {
  return Object.entries(byReason).map(([reason, cases]) => ({ vmm, reason, cases }))
}
