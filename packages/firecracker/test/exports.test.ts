import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as firecracker from '../src/index.ts'
import * as testing from '../testing/index.ts'

test('the package exports this and nothing else', () => {
  assert.deepEqual(Object.keys(firecracker).sort(), [
    'ApiDeadlineError',
    'ApiFaultError',
    'ApiResponseError',
    'ApiUnreachableError',
    'Fault',
    'FirecrackerClient',
    'KILL_AT_ONCE',
    'Machine',
    'MachineStateError',
    'SocketBindError',
    'SocketPathError',
    'VmmApi',
    'VmmStartError',
    'VmmStillRunningError',
    'VsockAcceptError',
    'VsockConnectError',
    'acceptFromGuest',
    'checkSocketPath',
    'connectToGuest',
    'serveFirecrackerApi',
    'startVmm',
    'vmConfig',
  ])
})

test('its testing entry exports the fake only', () => {
  assert.deepEqual(Object.keys(testing), ['FakeFirecracker'])
})
