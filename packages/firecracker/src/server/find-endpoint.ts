import { ENDPOINTS, type Endpoint } from '../versions/endpoints.ts'
import { Fault } from './fault.ts'

const KNOWN: ReadonlySet<string> = new Set(ENDPOINTS)
const WITH_ID: ReadonlySet<string> = new Set(['drives', 'pmem', 'network-interfaces'])

/**
 * Which call a request is, and the id in its path, found as Firecracker's parser does: whether there
 * may be a body comes first, and what follows a path that is known is ignored. Throws `Fault`.
 */
export function findEndpoint(
  method: string,
  path: string,
  body: string,
): { readonly endpoint: Endpoint; readonly id: string } {
  const [first = '', second, third] = path.replace(/^\/+/, '').split('/')
  checkBodyPresence(method, first, second, body)
  const endpoint = `${method} ${pathOf(method, first, second, third)}`
  if (!isEndpoint(endpoint)) {
    throw new Fault(`Invalid request method and/or path: ${method} ${first}.`)
  }
  if (!WITH_ID.has(first)) return { endpoint, id: '' }
  return { endpoint, id: checkResourceId(second) }
}

function isEndpoint(text: string): text is Endpoint {
  return KNOWN.has(text)
}

function pathOf(
  method: string,
  first: string,
  second: string | undefined,
  third: string | undefined,
): string {
  switch (first) {
    case 'drives':
    case 'pmem':
    case 'network-interfaces':
      return `/${first}/{id}`
    case 'vm':
      return second === 'config' && method === 'GET' ? '/vm/config' : '/vm'
    case 'balloon':
      return balloonPath(method, second, third ?? '')
    case 'hotplug':
      return second === 'memory' ? '/hotplug/memory' : '/hotplug'
    case 'mmds':
      return metadataPath(method, second)
    case 'snapshot':
      return snapshotPath(method, second)
    default:
      return `/${first}`
  }
}

function balloonPath(method: string, second: string | undefined, third: string): string {
  if (method === 'PUT' || !second) return '/balloon'
  if (second === 'statistics') return '/balloon/statistics'
  if (second === 'hinting') {
    const names = method === 'GET' ? ['status'] : ['start', 'stop']
    if (names.includes(third)) return `/balloon/hinting/${third}`
    throw new Fault(`Unrecognized ${method} request path \`/hinting/${third}\`.`)
  }
  if (method === 'GET') throw new Fault(`Unrecognized GET request path \`${second}\`.`)
  return '/balloon'
}

function metadataPath(method: string, second: string | undefined): string {
  if (method !== 'PUT' || !second) return '/mmds'
  if (second === 'config') return '/mmds/config'
  throw new Fault(`Unrecognized PUT request path \`${second}\`.`)
}

function snapshotPath(method: string, second: string | undefined): string {
  if (method !== 'PUT') return '/snapshot'
  if (!second) throw new Fault('Missing snapshot operation type.')
  if (second === 'create' || second === 'load') return `/snapshot/${second}`
  throw new Fault(`Invalid request method and/or path: PUT /snapshot/${second}.`)
}

function checkBodyPresence(
  method: string,
  first: string,
  second: string | undefined,
  body: string,
): void {
  if (method === 'PUT' && body === '') throw new Fault('Empty PUT request.')
  // To start or stop a hinting run takes no more than to ask for it.
  const optional = first === 'balloon' && second === 'hinting'
  if (method === 'PATCH' && body === '' && !optional) throw new Fault('Empty PATCH request.')
  if (method === 'GET' && body !== '') throw new Fault('GET request cannot have a body.')
  if (method === 'DELETE' && body !== '') throw new Fault('Empty Delete request.')
}

function checkResourceId(id: string | undefined): string {
  if (!id) throw new Fault('The ID cannot be empty.')
  if (!/^[\p{L}\p{N}_]+$/u.test(id)) {
    throw new Fault('API Resource IDs can only contain alphanumeric characters and underscores.')
  }
  return id
}
