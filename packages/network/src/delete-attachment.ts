import { basename } from 'node:path'
import { deleteChain } from './cni/run-chain.ts'
import { CNI_IFNAME } from './cni/run-plugin.ts'
import { NetworkError } from './errors.ts'
import { showLink } from './links.ts'
import { addNetns, deleteNetns, isEmptyName, isNamed } from './netns.ts'
import type { CniResource } from './resource.ts'
import { runHostProgram, saysNotThere } from './run-host-program.ts'

/**
 * DEL of a chain. Of the rules that ptp has made on the host it finds only those of addresses that
 * its link has; where an earlier DEL was cut short, or somebody has deleted the namespace (or half of
 * it: the name stays), the link is gone and the rules are not. Another link takes its place then, with one address at a time,
 * since ptp gives up at the first address without rules.
 */
export async function deleteAttachment(resource: CniResource, signal?: AbortSignal): Promise<void> {
  const { netnsPath, result } = resource
  const netns = basename(netnsPath)
  const deleteOnce = () => deleteChain(resource, result, { signal }).catch(unlessRulesAreGone)
  if (result === undefined) return deleteOnce()
  if (await isEmptyName(netnsPath)) await deleteNetns(netns, signal)
  const isThere = await isNamed(netns)
  if (isThere && (await hasLink(netns, signal))) return deleteOnce()
  try {
    if (!isThere) await addNetns(netns, signal)
    for (const { address } of result.ips) {
      await addLink(address, netns, signal)
      await deleteOnce()
    }
  } finally {
    if (!isThere) await deleteNetns(netns)
  }
}

async function hasLink(netns: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await showLink(CNI_IFNAME, { netns, signal })
    return true
  } catch (error) {
    if (saysNotThere(error)) return false
    throw error
  }
}

async function addLink(
  address: string,
  netns: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const lines = [
    `link add ${CNI_IFNAME} type veth peer name peer0`,
    `address add ${address} dev ${CNI_IFNAME}`,
  ]
  await runHostProgram({
    program: 'ip',
    args: ['-n', netns, '-batch', '-'],
    input: `${lines.join('\n')}\n`,
    code: 'netns_failed',
    signal,
  })
}

/** How iptables, in its two kinds, says that there is no such chain: never made, or deleted before. */
function unlessRulesAreGone(error: unknown): void {
  const failures: unknown[] = error instanceof AggregateError ? error.errors : [error]
  const areGone = failures.every(
    (failure) =>
      failure instanceof NetworkError &&
      /Chain '\S+' does not exist|No chain\/target\/match by that name/.test(
        failure.pluginError?.msg ?? '',
      ),
  )
  if (!areGone) throw error
}
