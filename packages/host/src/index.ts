export type { CheckStatus } from './doctor/check.ts'
export { type Diagnosis, examine, examineNetwork } from './doctor/doctor.ts'
export { EnvFileError, withEnvFile } from './env-file.ts'
export { EXPOSURE_FLAGS, type ExposureFlag } from './exposure-flags.ts'
export type { Step } from './foundation.ts'
export { Host, type OpenHostOptions, type RunOptions } from './host.ts'
export { buildHostImages, listHostImages } from './images.ts'
export {
  createHostKey,
  listHostKeys,
  revokeHostKey,
} from './keys.ts'
export { newWorkload } from './new-workload.ts'
export { PLACE_VARIABLES } from './place-variables.ts'
export type { RunReport } from './report.ts'
export { SERVE_VARIABLES } from './serve-variables.ts'
export type { ServeOptions, Service } from './service.ts'
export { startService } from './start-service.ts'
export { listHostEnds, listHostVms, type Pruned, pruneHost } from './vms.ts'
