import { Host, newWorkload } from '@vulcan/host'
import type { PreparedRun, RunContext, RunRequest } from './prepared-run.ts'

/** Opens a host in this process, which lives no longer than the run. */
export async function prepareLocally(
  request: RunRequest,
  { interruption: { signal }, narrator, trace }: RunContext,
): Promise<PreparedRun> {
  const workload = newWorkload(request)
  const host = await Host.open({
    env: process.env,
    signal,
    onNotice: (message) => narrator.complain(message),
    onStep: trace && ((step) => trace.add(step)),
  })
  if (host.vmm?.isolationStrength === 'emulated') {
    narrator.remark(`isolation is emulated, which is no security boundary: ${host.vmm.reason}`)
  }
  return {
    run(onEvent) {
      trace?.submitted()
      return host.run(workload, onEvent === undefined ? { signal } : { signal, onEvent })
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}
