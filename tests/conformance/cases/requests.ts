import { type Case, call, gives, harmless, machineIs, misshapen, refused } from '../case.ts'

const VERSION = gives({ firecracker_version: '1.16.1' })

function unknown(method: string, resource: string) {
  return refused(`Invalid request method and/or path: ${method} ${resource}.`)
}

/** What a request is taken for: path, method, presence and syntax of a body. */
export const requestCases: readonly Case[] = [
  harmless('GET /version tells the version', () => call('GET /version', VERSION)),
  harmless('a path may end in a slash', () => call('GET /version/', VERSION)),
  harmless('what follows a known path is not looked at', () => call('GET /version/1/2', VERSION)),
  harmless('a path may begin with slashes', () => call('GET //version', VERSION)),
  harmless('a query is part of the path', () =>
    call('GET /version?full=1', unknown('GET', 'version?full=1')),
  ),
  harmless('paths have their case', () => call('GET /Version', unknown('GET', 'Version'))),
  harmless('a path without a slash is the root', () => ({
    ...machineIs('Not started'),
    call: 'GET version',
  })),
  harmless('an unknown path is refused', () => call('GET /nowhere/1', unknown('GET', 'nowhere'))),
  harmless('an unknown path is refused for PUT', () =>
    call('PUT /nowhere', {}, unknown('PUT', 'nowhere')),
  ),
  harmless('an unknown path is refused for PATCH', () =>
    call('PATCH /nowhere', {}, unknown('PATCH', 'nowhere')),
  ),
  harmless('an unknown path is refused for DELETE', () =>
    call('DELETE /nowhere', unknown('DELETE', 'nowhere')),
  ),
  ...['boot-source', 'drives/a', 'vsock', 'entropy', 'logger', 'actions'].map((path) =>
    harmless(`GET /${path} is none`, () =>
      call(`GET /${path}`, unknown('GET', path.split('/')[0] ?? '')),
    ),
  ),
  ...['boot-source', 'actions', 'vsock', 'entropy', 'metrics', 'cpu-config'].map((path) =>
    harmless(`PATCH /${path} is none`, () => call(`PATCH /${path}`, {}, unknown('PATCH', path))),
  ),
  harmless('GET /vm is none', () => call('GET /vm', unknown('GET', 'vm'))),
  harmless('GET /vm/other is none', () => call('GET /vm/other', unknown('GET', 'vm'))),
  harmless('PUT /vm is none', () => call('PUT /vm', {}, unknown('PUT', 'vm'))),
  harmless('PUT /version is none', () => call('PUT /version', {}, unknown('PUT', 'version'))),
  harmless('DELETE /vsock is none', () => call('DELETE /vsock', unknown('DELETE', 'vsock'))),
  harmless('DELETE of the root is none', () => call('DELETE /', unknown('DELETE', ''))),
  harmless('PUT /hotplug without what is none', () =>
    call('PUT /hotplug', {}, unknown('PUT', 'hotplug')),
  ),
  harmless('a GET with a body is refused', () =>
    call('GET /version', '{}', refused('GET request cannot have a body.')),
  ),
  harmless('a DELETE with a body is refused', () =>
    call('DELETE /drives/a', '{}', refused('Empty Delete request.')),
  ),
  harmless('a PUT without a body is refused', () =>
    call('PUT /actions', refused('Empty PUT request.')),
  ),
  harmless('a PUT without a body is refused on an unknown path, too', () =>
    call('PUT /nowhere', refused('Empty PUT request.')),
  ),
  harmless('a PATCH without a body is refused', () =>
    call('PATCH /vm', refused('Empty PATCH request.')),
  ),
  harmless('a body that is no JSON is refused', () =>
    call('PUT /actions', 'nonsense', misshapen('')),
  ),
  harmless('a body that ends too early is refused', () =>
    call('PUT /actions', '{"action_type": "Instance', misshapen('')),
  ),
  harmless('a body with something behind it is refused', () =>
    call('PUT /actions', '{"action_type": "FlushMetrics"} {}', misshapen('')),
  ),
  harmless('a body of another kind is refused', () => call('PUT /vsock', '17', misshapen(''))),
  harmless('a missing field is named', () =>
    call('PUT /boot-source', {}, misshapen('missing field `kernel_image_path`')),
  ),
  harmless('an unknown field is named', ({ kernel }) =>
    call(
      'PUT /boot-source',
      { kernel_image_path: kernel, colour: 'red' },
      misshapen('unknown field `colour`'),
    ),
  ),
  harmless('a field that comes twice is refused', () =>
    call(
      'PUT /actions',
      '{"action_type": "FlushMetrics", "action_type": "FlushMetrics"}',
      misshapen('duplicate field `action_type`'),
    ),
  ),
  harmless('an unknown variant is named', () =>
    call('PUT /actions', { action_type: 'Fly' }, misshapen('unknown variant `Fly`')),
  ),
  harmless('a field of another type is refused', () =>
    call('PUT /machine-config', { vcpu_count: '1', mem_size_mib: 128 }, misshapen('')),
  ),
  harmless('a number out of its range is refused', () =>
    call('PUT /machine-config', { vcpu_count: 256, mem_size_mib: 128 }, misshapen('')),
  ),
  harmless('a fraction is no count', () =>
    call('PUT /machine-config', { vcpu_count: 1.5, mem_size_mib: 128 }, misshapen('')),
  ),
  harmless('null is no value of a field that must be there', () =>
    call('PUT /machine-config', { vcpu_count: null, mem_size_mib: 128 }, misshapen('')),
  ),
]
