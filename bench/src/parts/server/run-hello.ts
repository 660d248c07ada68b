import type { Caller } from '../../served/caller.ts'

/** Runs one workload to its end. */
export async function runHello(caller: Caller): Promise<void> {
  const workload = await caller.call('POST', '/v1/workloads', {
    body: { runtime: 'python', code: 'print("hello")' },
  })
  const isCompleted =
    typeof workload === 'object' &&
    workload &&
    'status' in workload &&
    workload.status === 'completed'
  if (!isCompleted) {
    throw new Error(`a workload of the benchmark did not complete: ${JSON.stringify(workload)}`)
  }
}
