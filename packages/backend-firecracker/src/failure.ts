import { setTimeout as delay } from 'node:timers/promises'
import { BackendError, type FailureReason } from '@vulcan/backend'
import {
  ApiFaultError,
  CgroupError,
  JailError,
  VmmStartError,
  VsockAcceptError,
  VsockConnectError,
} from '@vulcan/firecracker'
import { ImageDamagedError, ImageMissingError, NoSpaceError } from '@vulcan/images'
import { NetworkError } from '@vulcan/network'
import { messageOf } from '@vulcan/schema'
import { CidsExhaustedError } from './cid.ts'
import { isDiskFull } from './disk-full.ts'
import { ProtocolError } from './protocol/errors.ts'
import type { Vm } from './vm.ts'

/** How long after a lost connection the VMM's end is waited for, before the agent is blamed. */
const VMM_EXIT_WAIT_MS = 1_000
const LAST_WORDS_CHARACTERS = 500

/**
 * The row of the table of outcomes for whatever went wrong in a VM. The first thing that broke is
 * told: a VMM that ended explains a connection that was lost.
 */
export async function toBackendError(error: unknown, vm: Vm): Promise<BackendError> {
  if (error instanceof BackendError && error.phase !== undefined) return error
  if (error instanceof BackendError && error.code === 'agent_lost') await exitOf(vm)
  const reason = failureReason(error, vm)
  const what = wordsOf(error)
  return new BackendError(reason, explain(reason, what, vm), {
    phase: vm.timeline.current,
    consoleTail: vm.exit?.consoleTail ?? vm.process?.consoleTail ?? '',
    cause: error,
  })
}

/** What a VMM says when it cannot start a guest is for the user; how it was asked is not. */
function wordsOf(error: unknown): string {
  if (error instanceof ApiFaultError && error.path === '/actions') {
    return error.faultMessage.replace(/^Start microvm error: /, '')
  }
  return messageOf(error)
}

/** A dying VMM closes its connections a little before it is gone: waits for the second half. */
async function exitOf(vm: Vm): Promise<void> {
  await Promise.race([vm.process?.exited, delay(VMM_EXIT_WAIT_MS, undefined, { ref: false })])
}

function failureReason(error: unknown, vm: Vm): FailureReason {
  const { exit } = vm
  if (exit !== undefined && !(error instanceof ProtocolError)) {
    if (vm.timeline.current === 'vmm' || vm.timeline.current === 'booting') return 'boot_failed'
    return exit.exitCode === 0 ? 'agent_lost' : 'vmm_crashed'
  }
  if (error instanceof BackendError) return error.code
  if (error instanceof ImageMissingError) return 'image_missing'
  if (error instanceof ImageDamagedError) return 'image_missing'
  if (error instanceof NoSpaceError) return 'no_space'
  if (error instanceof CidsExhaustedError) return 'no_capacity'
  if (error instanceof ProtocolError) return 'protocol_violation'
  if (error instanceof VsockAcceptError) return 'agent_unreachable'
  if (error instanceof VsockConnectError) return 'agent_unreachable'
  if (error instanceof VmmStartError) return 'boot_failed'
  if (error instanceof JailError) return isDiskFull(error.cause) ? 'no_space' : 'boot_failed'
  if (error instanceof CgroupError) return 'boot_failed'
  if (error instanceof NetworkError) return 'network_failed'
  if (isDiskFull(error)) return 'no_space'
  return vm.timeline.current === 'vmm' || vm.timeline.current === 'booting'
    ? 'boot_failed'
    : 'internal'
}

function explain(reason: FailureReason, what: string, vm: Vm): string {
  const { exit } = vm
  if (reason !== 'boot_failed' && reason !== 'agent_lost' && reason !== 'vmm_crashed') return what
  if (exit === undefined) return what
  const how = exit.signal === null ? `exit code ${exit.exitCode}` : `signal ${exit.signal}`
  const words = lastLineOf(exit.stderrTail)
  const said = words === '' ? '' : ` and "${words}"`
  return `the VMM ended in phase "${vm.timeline.current}" with ${how}${said}: ${what}`
}

/** What a VMM wrote last, as far as a terminal may show it: a guest may have taken it over. */
function lastLineOf(text: string): string {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  return line.replaceAll(/[^\x20-\x7e]/gu, ' ').slice(-LAST_WORDS_CHARACTERS)
}
