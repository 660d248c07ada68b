import { readFile } from 'node:fs/promises'
import { becomeOwner, Networks } from '@vulcan/backend-firecracker'
import { Network } from '@vulcan/network'
import { messageOf } from '@vulcan/schema'
import type { Settings } from '../settings.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

/** Every plugin has a deadline of its own. */
const SLOT_DEADLINE_MS = 120_000

/** Whether a VM can have a network here, and which. The last one makes such a network and releases it. */
export function networkChecks(settings: Settings): Check[] {
  return [
    { code: 'network_rights', run: async () => checkRights() },
    { code: 'network_bounds', run: async () => checkBounds(settings) },
    { code: 'network_chain', run: () => checkChain(settings) },
    { code: 'network_route', run: checkRoute },
    {
      code: 'network_slot',
      needs: 'all',
      deadlineMs: SLOT_DEADLINE_MS,
      run: (signal) => checkSlot(settings, signal),
    },
  ]
}

function checkRights(): Finding {
  if (process.getuid?.() === 0) return ok('root may make networks')
  return fail('only root can give a VM a network', 'run vulcan as root, or with --network none')
}

function checkBounds({ config: { networkDefault, networkMax, dns } }: Settings): Finding {
  const finding = `default "${networkDefault}", at most "${networkMax}", resolvers ${dns.join(', ')}`
  if (networkMax !== 'none') return ok(finding)
  return warn(finding, 'set VULCAN_FC_NETWORK_MAX to public or all to let VMs have a network')
}

async function checkChain({ config: { cniConfigDir, cniBinDirs } }: Settings): Promise<Finding> {
  try {
    const { conflistName, source, plugins } = await Network.open({ cniConfigDir, cniBinDirs })
    const where = source === 'shipped' ? `the shipped one, as ${cniConfigDir} has none` : source
    return ok(`"${conflistName}" (${where}): ${[...plugins.values()].join(', ')}`)
  } catch (error) {
    return fail(messageOf(error), 'mend what it names: VMs without a network need none of it')
  }
}

/** The kernel's table of routes (proc_pid_net(5)); a destination of zeros is the default route. */
async function checkRoute(): Promise<Finding> {
  const routes = (await readFile('/proc/net/route', 'utf8')).split('\n').slice(1)
  const way = routes.map((line) => line.split('\t')).find(([, to]) => to === '00000000')
  if (way !== undefined) return ok(`the host's own way out is ${way[0]}`)
  return warn(
    'the host has no default route, so guests reach what the host reaches and no more',
    'give the host a network',
  )
}

async function checkSlot({ layout, config }: Settings, signal: AbortSignal): Promise<Finding> {
  try {
    await using owner = await becomeOwner(layout)
    const onError = () => undefined
    const { ownerId } = owner
    await using networks = new Networks({ layout, config, ownerId, readySlots: 0, onError })
    const startedAtMs = performance.now()
    await using slot = await networks.take('public', signal)
    const tookMs = Math.round(performance.now() - startedAtMs)
    await slot.check(signal)
    return ok(`a network with ${slot.addresses.join(', ')} was made in ${tookMs} ms`)
  } catch (error) {
    signal.throwIfAborted()
    return fail(`no network could be made: ${messageOf(error)}`, 'mend what it names')
  }
}
