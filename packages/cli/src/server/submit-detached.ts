import { newWorkload } from '@vulcan/host'
import type { RunRequest } from '../prepared-run.ts'
import { toNewWorkload } from '../run-remotely.ts'
import { onServer } from './on-server.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

/** Hands a workload in, prints its id and leaves it to the server. */
export async function submitDetached(
  request: RunRequest,
  { json }: { readonly json?: true },
): Promise<number> {
  const workload = toNewWorkload(newWorkload(request))
  return onServer(async (client, signal) => {
    const accepted = await client.submit(workload, { signal })
    await printLine(json ? JSON.stringify(workloadDocument(accepted)) : accepted.id)
    return 0
  })
}
