import { isIPv4, isIPv6 } from 'node:net'
import type { NetworkPolicy } from '@vulcan/schema'
import { NetworkError } from '../errors.ts'
import type { FilterResource } from '../resource.ts'
import { runHostProgram, saysNotThere } from '../run-host-program.ts'
import { CREATE_TABLES, FILTER_TABLE } from './table.ts'

export interface FilteredGuest {
  readonly policy: NetworkPolicy
  /** The host's end of the guest's veth. */
  readonly link: string
  readonly guestMac: string
  /** Without prefix lengths. */
  readonly addresses: readonly string[]
  readonly gateways: readonly string[]
}

/** The elements that hold a guest to its policy, as a resource to record before they are added. */
export function filterOf(guest: FilteredGuest): FilterResource {
  const { policy, link, guestMac, addresses, gateways } = guest
  const elements: FilterResource['elements'] = []
  const add = (family: 'inet' | 'arp', set: string, ...parts: string[]) =>
    elements.push({ family, set, element: [`"${link}"`, ...parts].join(' . ') })
  add('inet', 'links')
  add('arp', 'links')
  if (policy === 'all') add('inet', 'private_links')
  for (const address of addresses) {
    if (isIPv6(address)) {
      add('inet', 'sources_6', address)
    } else {
      add('inet', 'sources_4', address)
      add('arp', 'sources_4', address)
    }
  }
  for (const gateway of gateways.filter(isIPv4)) add('arp', 'gateways_4', gateway)
  // Linux asks for its gateway from there when nothing else waits for the answer.
  if (addresses.some(isIPv6)) add('inet', 'sources_6', linkLocalOf(guestMac))
  return { kind: 'filter', table: FILTER_TABLE, link, addresses: [...addresses], elements }
}

/**
 * Adds a guest's elements in one transaction, and the tables before them where they are not there
 * yet (or no more: an operator may flush all rules). Throws `filter_failed`.
 */
export async function addFilter(filter: FilterResource, signal: AbortSignal): Promise<void> {
  const script = filter.elements.map((element) => statement('add', filter.table, element)).join('')
  try {
    await nft(script, signal)
  } catch (error) {
    if (!saysNotThere(error)) throw error
    await ensureTables(signal)
    await nft(script, signal)
  }
}

/**
 * Removes a guest's elements, after its link is down: without them nothing holds what it sends. Then
 * forgets its connections, before somebody else gets its addresses.
 */
export async function releaseFilter(filter: FilterResource, signal?: AbortSignal): Promise<void> {
  await setDown(filter.link, signal)
  for (const family of ['inet', 'arp'] as const) {
    const elements = filter.elements.filter((element) => element.family === family)
    // Deleting what is not there fails, adding what is there does not.
    const script = elements
      .flatMap((element) => [
        statement('add', filter.table, element),
        statement('delete', filter.table, element),
      ])
      .join('')
    await nft(script, signal).catch(unlessNotThere)
  }
  for (const address of filter.addresses) await forgetConnections(address, signal)
}

/** Makes the tables; somebody else having made them is as good. */
async function ensureTables(signal: AbortSignal): Promise<void> {
  await nft(CREATE_TABLES, signal).catch((error: unknown) => {
    if (!(error instanceof NetworkError && error.stderrTail.includes('File exists'))) throw error
  })
}

function nft(input: string, signal: AbortSignal | undefined): Promise<string> {
  const args = ['-f', '-']
  return runHostProgram({ program: 'nft', args, input, code: 'filter_failed', signal })
}

const statement = (
  verb: 'add' | 'delete',
  table: string,
  { family, set, element }: FilterResource['elements'][number],
) => `${verb} element ${family} ${table} ${set} { ${element} }\n`

async function setDown(link: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['link', 'set', 'dev', link, 'down']
  await runHostProgram({ program: 'ip', args, code: 'filter_failed', signal }).catch(unlessNotThere)
}

async function forgetConnections(address: string, signal: AbortSignal | undefined): Promise<void> {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  for (const direction of ['--orig-src', '--orig-dst']) {
    const args = ['--delete', '--family', family, direction, address]
    await runHostProgram({ program: 'conntrack', args, code: 'filter_failed', signal }).catch(
      (error: unknown) => {
        // Its way to say that there was nothing to delete.
        const nothing =
          error instanceof NetworkError && error.stderrTail.includes(' 0 flow entries')
        if (!nothing) throw error
      },
    )
  }
}

function unlessNotThere(error: unknown): void {
  if (!saysNotThere(error)) throw error
}

/** The address that Linux gives a link by its MAC (RFC 4291, modified EUI-64). */
function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac
    .split(':')
    .map((byte) => Number.parseInt(byte, 16))
  const words = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
  return `fe80::${words.map((word) => word.toString(16)).join(':')}`
}
