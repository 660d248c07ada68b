export { Host, type OpenHostOptions, type RunOptions } from './host.ts'
export { buildHostImages, listHostImages } from './images.ts'
export type { RunReport } from './report.ts'
