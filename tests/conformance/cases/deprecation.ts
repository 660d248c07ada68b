import assert from 'node:assert/strict'
import type { Case } from '../case.ts'
import { exchange, request } from '../raw-http.ts'
import type { Files } from '../vmms/vmm.ts'

const HEADER = 'Deprecation: true'
const MACHINE = { vcpu_count: 1, mem_size_mib: 128 }

/** Whether an answer, done or refused, says of its request that it is deprecated. */
export const deprecationCases: readonly Case[] = [
  deprecated('a CPU template by name', 'PUT /machine-config', { ...MACHINE, cpu_template: 'T2' }),
  deprecated('a changed CPU template', 'PATCH /machine-config', { cpu_template: 'None' }),
  deprecated('the id of a vsock', 'PUT /vsock', ({ vsock }) => {
    return { guest_cid: 3, uds_path: vsock, vsock_id: 'v' }
  }),
  deprecated('metadata in version 1', 'PUT /mmds/config', { network_interfaces: ['a'] }),
  deprecated('the memory of a snapshot by its path', 'PUT /snapshot/load', ({ missing }) => {
    return { snapshot_path: missing, mem_file_path: missing }
  }),
  current('a vsock whose id is null', 'PUT /vsock', ({ vsock }) => {
    return { guest_cid: 3, uds_path: vsock, vsock_id: null }
  }),
  current('a machine without a CPU template', 'PUT /machine-config', MACHINE),
  current('metadata in version 2', 'PUT /mmds/config', {
    version: 'V2',
    network_interfaces: ['a'],
  }),
  current('what cannot be understood', 'PUT /vsock', { vsock_id: 'v' }),
]

type Body = object | ((files: Files) => object)

function deprecated(what: string, call: string, body: Body): Case {
  return tells(`${what} is answered as deprecated`, call, body, [HEADER])
}

function current(what: string, call: string, body: Body): Case {
  return tells(`${what} is not answered as deprecated`, call, body, [])
}

function tells(name: string, call: string, body: Body, lines: readonly string[]): Case {
  return {
    name,
    async run(vmm) {
      const { socketPath } = await vmm.start()
      const json = JSON.stringify(typeof body === 'function' ? body(vmm.files) : body)
      const { head } = await exchange(socketPath, request(call, json))
      const [, server, connection, ...rest] = head.trimEnd().split('\r\n')
      assert.deepEqual([server, connection], ['Server: Firecracker API', 'Connection: keep-alive'])
      assert.deepEqual(
        rest.filter((line) => !line.startsWith('Content-')),
        lines,
        head,
      )
      // Before what tells of a body.
      assert.equal(rest.indexOf(HEADER), lines.length - 1, head)
    },
  }
}
