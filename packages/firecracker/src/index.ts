export { SocketBindError } from './bind-socket.ts'
export { CgroupError } from './cgroup/errors.ts'
export { type CgroupParent, findCgroupParent } from './cgroup/find-cgroups.ts'
export {
  type CgroupLimits,
  cgroupPaths,
  makeCgroup,
  removeCgroup,
} from './cgroup/make-cgroup.ts'
export {
  ApiDeadlineError,
  ApiFaultError,
  ApiResponseError,
  ApiUnreachableError,
  UnsupportedByVersionError,
  UnsupportedError,
} from './client/errors.ts'
export { type CallOptions, FirecrackerClient } from './client/firecracker-client.ts'
export { type ConfigFile, configFileOf } from './configuration/config-file.ts'
export { checkJailBase } from './jailer/check-base.ts'
export { JailError, type JailFailure } from './jailer/errors.ts'
export { hostPath, type Jail, type JailSettings, locateJail, makeJail } from './jailer/jail.ts'
export {
  type JailerCgroup,
  type JailerOptions,
  jailerArguments,
} from './jailer/jailer-arguments.ts'
export { openInJail } from './jailer/open-in-jail.ts'
export { type PinnedSocket, pinSocket } from './jailer/pin-socket.ts'
export { type FileForJail, placeInJail } from './jailer/place-file.ts'
export { removeJail } from './jailer/remove-jail.ts'
export {
  type KnownBugOptions,
  Machine,
  type MachineSettings,
  MachineStateError,
} from './machine.ts'
export type { MachineState } from './machine-state.ts'
export { orAborted } from './or-aborted.ts'
export { VmmStartError, VmmStillRunningError } from './process/errors.ts'
export { KILL_AT_ONCE, type ShutdownStage } from './process/shutdown.ts'
export { type JailedStart, type StartVmmOptions, startVmm } from './process/start-vmm.ts'
export type { VmmExit, VmmProcess } from './process/vmm-process.ts'
export { waitForSocket } from './process/wait-for-socket.ts'
export { InvalidValueError } from './schemas/encode-value.ts'
export { SinkError } from './sinks/errors.ts'
export { type LogEvent, readLog } from './sinks/read-log.ts'
export { type MetricsEvent, readMetrics } from './sinks/read-metrics.ts'
export type { ReadSinkOptions, Sink, SinkNotice } from './sinks/read-sink.ts'
export { checkSocketPath, SocketPathError } from './socket-path.ts'
export { KnownBugError } from './versions/known-bugs.ts'
export { acceptFromGuest, type GuestListener } from './vsock/accept-from-guest.ts'
export { type ConnectToGuestOptions, connectToGuest } from './vsock/connect-to-guest.ts'
export { VsockAcceptError, VsockConnectError } from './vsock/errors.ts'
