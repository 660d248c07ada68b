import { NetworkError } from '../errors.ts'
import type { Conflist } from './conflist.ts'

export const TC_REDIRECT_TAP = 'tc-redirect-tap'

/** Plugins whose link has no end of its own on the host's side, where the policies are enforced. */
const WITHOUT_HOST_LINK: readonly string[] = [
  'macvlan',
  'ipvlan',
  'vlan',
  'host-device',
  'sbr',
  'vrf',
  'loopback',
]

/**
 * Refuses a chain in which a policy could not be enforced. What a chain really makes is looked at
 * again after each ADD; this tells the operator at start. Throws `bridge_not_isolated` or
 * `network_config_invalid`.
 */
export function refuseUnsafeChain({ name, plugins }: Conflist): void {
  for (const { type } of plugins) {
    if (type === 'bridge') {
      throw new NetworkError(
        'bridge_not_isolated',
        `the chain "${name}" has a bridge: guests on one link reach each other, and can answer for each other's addresses, below the filter: use ptp, which gives each guest a link of its own`,
        { plugin: type },
      )
    }
    if (WITHOUT_HOST_LINK.includes(type)) {
      throw new NetworkError(
        'network_config_invalid',
        `the chain "${name}" has ${type}, which leaves no link on the host's side at which a policy could be enforced: use ptp`,
        { plugin: type },
      )
    }
  }
  const redirect = plugins.findIndex(({ type }) => type === TC_REDIRECT_TAP)
  if (redirect !== -1 && redirect !== plugins.length - 1) {
    throw new NetworkError(
      'network_config_invalid',
      `the chain "${name}" goes on after ${TC_REDIRECT_TAP}, which must be its last plugin`,
      { plugin: TC_REDIRECT_TAP },
    )
  }
}
