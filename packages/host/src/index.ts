export { Host, type OpenHostOptions, type RunOptions } from './host.ts'
export { buildHostImages, listHostImages } from './images.ts'
export { InvalidWorkloadError, newWorkload } from './new-workload.ts'
export type { RunReport } from './report.ts'
