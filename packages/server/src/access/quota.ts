import { NetworkMode } from '@vulcan/schema'
import type { SubmissionNeeds } from '../authenticator.ts'
import { HttpProblem } from '../http-problem.ts'
import type { Quota } from './caller.ts'

/** Throws `HttpProblem` `forbidden` with the first field that is over what a key permits. */
export function requireWithin(quota: Quota, { cpus, memMib, network }: SubmissionNeeds): void {
  const { maxCpus, maxMemMib, maxNetwork } = quota
  if (maxCpus !== undefined && cpus > maxCpus) {
    throw overQuota('resources.cpus', `${cpus}`, `at most ${maxCpus}`)
  }
  if (maxMemMib !== undefined && memMib > maxMemMib) {
    throw overQuota('resources.mem_mb', `${memMib} MiB`, `at most ${maxMemMib} MiB`)
  }
  if (maxNetwork !== undefined && isWider(network, maxNetwork)) {
    throw overQuota('network', `"${network}"`, `at most "${maxNetwork}"`)
  }
}

/** The modes are ordered: each one permits all that those before it permit. */
function isWider(network: NetworkMode, than: NetworkMode): boolean {
  const { options } = NetworkMode
  return options.indexOf(network) > options.indexOf(than)
}

function overQuota(field: string, is: string, most: string): HttpProblem {
  const detail = `${field}: is ${is} (what the request does not say is the host's default), but this API key permits ${most}`
  return new HttpProblem('forbidden', detail, { field })
}
