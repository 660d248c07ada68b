import { type Phase, Reason, RUNTIMES } from '@vulcan/schema'

/** Values of a label that are not known beforehand, but bounded. */
export interface BoundedValues {
  readonly atMost: number
  readonly pattern: RegExp
}

/** The methods that RFC 9110 and RFC 5789 know, and one word for all others. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  '_OTHER',
] as const

/** What stands for a route when there is none, or when there are more than `ROUTES.atMost`. */
export const OTHER_ROUTE = 'unknown'
/** Templates such as `/v1/workloads/{id}`, never a path that somebody sent. */
export const ROUTES = { atMost: 64, pattern: /^(?:\/[\w./:*{}-]*|unknown)$/ } as const
const HTTP_STATUSES = { atMost: 500, pattern: /^[1-5]\d\d$/ } as const
/** This host's: `/metrics` shows one host. */
const NODES = { atMost: 1, pattern: /^[\w.:-]+$/ } as const
const VERSIONS = { atMost: 1, pattern: /^\d+\.\d+\.\d+/ } as const

/** Where an accepted workload is: `releasing` is one that has ended and still holds its slot. */
export const WORKLOAD_STATES = ['pending', 'running', 'releasing'] as const
const FINAL_STATUSES = ['completed', 'failed', 'killed'] as const
const STREAMS = ['stdout', 'stderr'] as const
/** The phases in which a VM starts; the others are of what runs in it. */
const START_PHASES = ['image', 'drives', 'network', 'vmm', 'booting'] as const satisfies Phase[]
/** What a VM was made from. */
const START_MODES = ['cold', 'snapshot', 'warm'] as const
/** How an interpreter came to its program. */
const INTERPRETER_STARTS = ['warm', 'fresh', 'environment', 'age', 'died'] as const
const RESULTS = ['ok', 'error'] as const
const ROOM = ['used', 'free'] as const

/** Up to a program's own time, in seconds. */
const DURATION_BUCKETS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600,
]
const VM_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10]

/** One fact that is measured. */
export interface Instrument {
  readonly kind: 'counter' | 'updown' | 'gauge' | 'histogram'
  /** As UCUM writes it. */
  readonly unit: string
  /** Its name at `GET /metrics`, with the unit in it. */
  readonly prometheus: string
  /** Which labels it has, and what each can be: every set of values is bounded. */
  readonly labels: Readonly<Record<string, readonly string[] | BoundedValues>>
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[]
  readonly help: string
}

/**
 * The one table of metrics, by the name of the OpenTelemetry instrument. What the HTTP API has a
 * name for has that name at `GET /metrics`.
 */
export const INSTRUMENTS = {
  'vulcan.http.requests': {
    kind: 'counter',
    unit: '{request}',
    prometheus: 'vulcan_http_requests_total',
    labels: { method: METHODS, path: ROUTES, status: HTTP_STATUSES },
    help: 'Answered HTTP requests.',
  },
  'vulcan.http.request.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_http_request_duration_seconds',
    labels: { method: METHODS, path: ROUTES },
    buckets: DURATION_BUCKETS,
    help: 'From the headers of a request to the end of its answer.',
  },
  'vulcan.workload.submitted': {
    kind: 'counter',
    unit: '{workload}',
    prometheus: 'vulcan_workload_submitted_total',
    labels: { runtime: RUNTIMES },
    help: 'Workloads that were accepted, or taken over from an earlier process.',
  },
  'vulcan.workload.completed': {
    kind: 'counter',
    unit: '{workload}',
    prometheus: 'vulcan_firecracker_workloads_total',
    labels: { runtime: RUNTIMES, status: FINAL_STATUSES, reason: Reason.options },
    help: 'Ended workloads, by the table of outcomes.',
  },
  'vulcan.workload.active': {
    kind: 'updown',
    unit: '{workload}',
    prometheus: 'vulcan_workload_active',
    labels: { state: WORKLOAD_STATES },
    help: 'Workloads that wait, run, or are being released.',
  },
  'vulcan.workload.queue.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_workload_queue_duration_seconds',
    labels: { runtime: RUNTIMES },
    buckets: DURATION_BUCKETS,
    help: 'From acceptance to a slot.',
  },
  'vulcan.workload.run.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_workload_run_duration_seconds',
    labels: { runtime: RUNTIMES, reason: Reason.options },
    buckets: DURATION_BUCKETS,
    help: 'From its start to its end, the start of its VM included.',
  },
  'vulcan.workload.total.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_workload_total_duration_seconds',
    labels: { runtime: RUNTIMES },
    buckets: DURATION_BUCKETS,
    help: 'From acceptance to the recorded end.',
  },
  'vulcan.vm.start.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_vm_start_duration_seconds',
    labels: { mode: START_MODES, phase: START_PHASES },
    buckets: VM_BUCKETS,
    help: 'Each phase of the start of a VM.',
  },
  'vulcan.vm.boot.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_firecracker_vm_boot_seconds',
    labels: { mode: START_MODES },
    buckets: VM_BUCKETS,
    help: 'The whole start of a VM, until its agent takes a request.',
  },
  'vulcan.vm.start.failures': {
    kind: 'counter',
    unit: '{failure}',
    prometheus: 'vulcan_vm_start_failures_total',
    labels: { phase: ['admission', ...START_PHASES], reason: Reason.options },
    help: 'VMs that did not start. Phase admission: before anything was made.',
  },
  'vulcan.vm.active': {
    kind: 'updown',
    unit: '{vm}',
    prometheus: 'vulcan_firecracker_active_vms',
    labels: {},
    help: 'VMs that hold something: from their beginning to the end of their release.',
  },
  'vulcan.vsock.connect.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_vsock_connect_duration_seconds',
    labels: { result: RESULTS },
    buckets: VM_BUCKETS,
    help: 'Connecting to the agent of a guest.',
  },
  'vulcan.vsock.workload.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_firecracker_vsock_workload_seconds',
    labels: {},
    buckets: DURATION_BUCKETS,
    help: "From a request's first byte to the agent's final message.",
  },
  'vulcan.vm.cleanup.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_firecracker_vm_cleanup_seconds',
    labels: { result: RESULTS },
    buckets: VM_BUCKETS,
    help: 'The release of all that a VM held.',
  },
  'vulcan.pool.warm': {
    kind: 'updown',
    unit: '{vm}',
    prometheus: 'vulcan_pool_warm',
    labels: { image: RUNTIMES },
    help: 'VMs that wait for a workload.',
  },
  'vulcan.pool.requests': {
    kind: 'counter',
    unit: '{request}',
    prometheus: 'vulcan_pool_requests_total',
    labels: { image: RUNTIMES, result: ['hit', 'miss', 'lost'] },
    help: 'Workloads that found a waiting VM (hit), or found none and had one started (miss); and, beside either, those whose VM from the pool was dead, so that they had one started (lost).',
  },
  'vulcan.pool.age': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_pool_age_seconds',
    labels: { image: RUNTIMES },
    buckets: DURATION_BUCKETS,
    help: 'How long a VM had waited when a workload took it.',
  },
  'vulcan.pool.refill.duration': {
    kind: 'histogram',
    unit: 's',
    prometheus: 'vulcan_pool_refill_seconds',
    labels: { image: RUNTIMES, result: RESULTS },
    buckets: DURATION_BUCKETS,
    help: 'The start of a VM for the pool, until it can be taken.',
  },
  'vulcan.interpreter.starts': {
    kind: 'counter',
    unit: '{start}',
    prometheus: 'vulcan_interpreter_starts_total',
    labels: { image: RUNTIMES, result: INTERPRETER_STARTS },
    help: 'Programs that got an interpreter that had waited for them (warm), or a fresh one: none waited (fresh), its environment is read at the start (environment), it had waited too long (age), it was gone (died).',
  },
  'vulcan.node.slots': {
    kind: 'gauge',
    unit: '{slot}',
    prometheus: 'vulcan_node_slots',
    labels: { node: NODES, state: ROOM },
    help: 'Places for workloads that run at once.',
  },
  'vulcan.node.memory': {
    kind: 'gauge',
    unit: 'By',
    prometheus: 'vulcan_node_memory_bytes',
    labels: { node: NODES, state: ROOM },
    help: 'Memory for workloads: promised to those that have a slot, and what is left.',
  },
  'vulcan.node.disk': {
    kind: 'gauge',
    unit: 'By',
    prometheus: 'vulcan_node_disk_bytes',
    labels: { node: NODES, state: ROOM },
    help: 'The file system of the data directory.',
  },
  'vulcan.queue.limit': {
    kind: 'gauge',
    unit: '{workload}',
    prometheus: 'vulcan_queue_limit',
    labels: {},
    help: 'How many workloads may wait.',
  },
  'vulcan.logs.bytes': {
    kind: 'counter',
    unit: 'By',
    prometheus: 'vulcan_logs_bytes_total',
    labels: { stream: STREAMS },
    help: 'Recorded output of workloads.',
  },
  'vulcan.logs.dropped': {
    kind: 'counter',
    unit: 'By',
    prometheus: 'vulcan_logs_dropped_bytes_total',
    labels: { stream: STREAMS },
    help: 'Output of workloads beyond the limit of what is recorded.',
  },
  'vulcan.build.info': {
    kind: 'gauge',
    unit: '1',
    prometheus: 'vulcan_build_info',
    labels: { version: VERSIONS },
    help: 'Always 1: which version this is.',
  },
} as const satisfies Readonly<Record<string, Instrument>>

export type InstrumentName = keyof typeof INSTRUMENTS

type InstrumentOfKind<Kind extends Instrument['kind']> = {
  [Name in InstrumentName]: (typeof INSTRUMENTS)[Name]['kind'] extends Kind ? Name : never
}[InstrumentName]

export type SumName = InstrumentOfKind<'counter' | 'updown'>
export type HistogramName = InstrumentOfKind<'histogram'>
export type GaugeName = InstrumentOfKind<'gauge'>

type ValueOf<Values> = Values extends readonly (infer Value extends string)[] ? Value : string

/** All labels that an instrument has, each with one of its values. */
export type LabelsOf<Name extends InstrumentName> = {
  readonly [Label in keyof (typeof INSTRUMENTS)[Name]['labels']]: ValueOf<
    (typeof INSTRUMENTS)[Name]['labels'][Label]
  >
}
