import type { PreparedRun, RunContext, RunRequest } from './prepared-run.ts'
import { prepareLocally } from './run-locally.ts'
import { prepareRemotely } from './run-remotely.ts'

/**
 * Finds a place for a workload: on the server that `VULCAN_API_URL` names, or in this process. Throws
 * `InvalidWorkloadError` before anything is made.
 */
export function prepareRun(request: RunRequest, context: RunContext): Promise<PreparedRun> {
  const prepare = process.env['VULCAN_API_URL'] ? prepareRemotely : prepareLocally
  return prepare(request, context)
}
