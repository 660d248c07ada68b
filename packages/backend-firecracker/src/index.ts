export { availableDiskMib, availableMemoryMib } from './available.ts'
export { FirecrackerBackend, type FirecrackerBackendOptions, type TrialBoot } from './backend.ts'
export { type FirecrackerConfig, loadConfig } from './config.ts'
export {
  DEFAULT_MEM_MB,
  DEFAULT_VCPUS,
  DEFAULT_VSOCK_PORT,
  GUEST_AGENT_PATH,
  GUEST_WORK_DIR,
  MIN_CID,
  SUPPORTED_RUNTIMES,
} from './constants.ts'
export { type ActiveVm, listActiveVms } from './lifecycle/active.ts'
export { type EndedVm, listEnded } from './lifecycle/ended.ts'
export { listFilesInUse } from './lifecycle/files-in-use.ts'
export type { Layout } from './lifecycle/layout.ts'
export { becomeOwner, OwnerError, type OwnerLock, prepareRunDir } from './lifecycle/owner.ts'
export { type Recovery, readBootId, recover } from './lifecycle/recover.ts'
export { DirectoryError, makeUsable } from './lifecycle/usable-directory.ts'
export { Networks } from './networks.ts'
export { checkJails } from './place/check-jails.ts'
export { jailPathExcessBytes } from './place/jail-paths.ts'
export type { PoolLimits } from './pool/limits.ts'
export type { Step } from './steps.ts'
export { FIRECRACKER_VARIABLES } from './variables.ts'
export type { VmWatcher } from './vm-watcher.ts'
export type { Confinement, JailerConfinement, VmmProgram } from './vmm-program.ts'
