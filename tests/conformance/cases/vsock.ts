import { type Case, call, calls, done, gives, harmless, misshapen, refused } from '../case.ts'
import { DEFAULT_CONFIG, NO_FILE } from './defaults.ts'

const VSOCK = 'Vsock config error:'

function vsock(path: string) {
  return { guest_cid: 3, uds_path: path }
}

export const vsockCases: readonly Case[] = [
  calls('a vsock is configured, and told', (files) => [
    call('PUT /vsock', vsock(files.vsock), done),
    call('GET /vm/config', gives({ ...DEFAULT_CONFIG, vsock: vsock(files.vsock) })),
  ]),
  calls('a second vsock replaces the first, at the same path or another', (files) => [
    call('PUT /vsock', vsock(files.vsock), done),
    call('PUT /vsock', { guest_cid: 4, uds_path: files.vsock }, done),
    call('PUT /vsock', vsock(`${files.vsock}2`), done),
    call('GET /vm/config', gives({ ...DEFAULT_CONFIG, vsock: vsock(`${files.vsock}2`) })),
  ]),
  calls('the id of a vsock is deprecated, taken, and not told', (files) => [
    call('PUT /vsock', { vsock_id: 'v', ...vsock(files.vsock) }, done),
    call('GET /vm/config', gives({ ...DEFAULT_CONFIG, vsock: vsock(files.vsock) })),
  ]),
  calls('a vsock whose path is there is refused', (files) => [
    call(
      'PUT /vsock',
      vsock(files.drive),
      refused(
        `${VSOCK} Cannot create backend for vsock device: Error binding to the host-side Unix socket: Address in use (os error 98)`,
      ),
    ),
  ]),
  calls('a vsock in a directory that is missing is refused', (files) => [
    call(
      'PUT /vsock',
      vsock(`${files.missing}/v.sock`),
      refused(
        `${VSOCK} Cannot create backend for vsock device: Error binding to the host-side Unix socket: ${NO_FILE}`,
      ),
    ),
  ]),
  calls('a vsock whose path does not fit is refused', (files) => [
    call(
      'PUT /vsock',
      vsock(`${files.vsock}${'x'.repeat(108)}`),
      refused(/^Vsock config error: Cannot create backend for vsock device: /),
    ),
  ]),
  calls('a context id that is reserved is taken', (files) => [
    call('PUT /vsock', { guest_cid: 2, uds_path: files.vsock }, done),
  ]),
  harmless('a vsock wants its path', () =>
    call('PUT /vsock', { guest_cid: 3 }, misshapen('missing field `uds_path`')),
  ),
  harmless('a context id has 32 bits', (files) =>
    call('PUT /vsock', { guest_cid: 2 ** 32, uds_path: files.missing }, misshapen('')),
  ),
]
