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
} from './client/errors.ts'
export { type CallOptions, FirecrackerClient } from './client/firecracker-client.ts'
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
export { Machine, type MachineSettings, MachineStateError } from './machine.ts'
export type { MachineState } from './machine-state.ts'
export { orAborted } from './or-aborted.ts'
export { VmmStartError, VmmStillRunningError } from './process/errors.ts'
export { KILL_AT_ONCE, type ShutdownStage } from './process/shutdown.ts'
export { type JailedStart, type StartVmmOptions, startVmm } from './process/start-vmm.ts'
export type { VmmExit, VmmProcess } from './process/vmm-process.ts'
export type { BootSource } from './schemas/boot-source.ts'
export type { Drive, Entropy, NetworkInterface, Vsock } from './schemas/devices.ts'
export type { InstanceInfo } from './schemas/instance.ts'
export type { MachineConfig } from './schemas/machine-config.ts'
export type { Logger, Metrics, Serial } from './schemas/sinks.ts'
export { type VmConfig, vmConfig } from './schemas/vm-config.ts'
export { Fault } from './server/fault.ts'
export { type FirecrackerApiServer, serveFirecrackerApi } from './server/serve.ts'
export type { ConfigurationPart, MachineConfiguration, Vmm, VmmIdentity } from './server/vmm.ts'
export { VmmApi } from './server/vmm-api.ts'
export { checkSocketPath, SocketPathError } from './socket-path.ts'
export { acceptFromGuest, type GuestListener } from './vsock/accept-from-guest.ts'
export { type ConnectToGuestOptions, connectToGuest } from './vsock/connect-to-guest.ts'
export { VsockAcceptError, VsockConnectError } from './vsock/errors.ts'
