import { newWorkload } from '@vulcan/host'
import { Interruption } from '../interruption.ts'
import type { RunRequest } from '../prepared-run.ts'
import { toNewWorkload } from '../run-remotely.ts'
import { connect } from './connect.ts'
import { printLine } from './print.ts'
import { workloadDocument } from './workload-document.ts'

/** Hands a workload in, prints its id and leaves it to the server. */
export async function submitDetached(
  request: RunRequest,
  { json }: { readonly json?: true },
): Promise<number> {
  const client = connect(process.env)
  using interruption = new Interruption()
  const workload = toNewWorkload(newWorkload(request))
  const accepted = await client.submit(workload, { signal: interruption.signal })
  await printLine(json ? JSON.stringify(workloadDocument(accepted)) : accepted.id)
  return 0
}
