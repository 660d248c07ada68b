import { HTTP_LIMITS } from '@vulcan/schema'
import * as z from 'zod'

/** How long a client waits for a workload's end. */
export const WaitS = z.coerce
  .number()
  .pipe(z.int().min(0).max(HTTP_LIMITS.waitS))
  .describe('Seconds to wait for the end of the workload; 0 answers at once.')

/** Whether an answer goes on until the workload has ended. */
export const Follow = z.enum(['0', '1']).transform((follow) => follow === '1')

export const Stream = z.enum(['stdout', 'stderr'])
