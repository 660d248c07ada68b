import * as z from 'zod'

/**
 * What a key permits: `run` submits and kills one's own workloads, `read` reads them, `admin` does
 * both with everybody's and reads the metrics.
 */
export const Scope = z.enum(['run', 'read', 'admin'])
export type Scope = z.infer<typeof Scope>
