import { Registry } from '@vulcan/backend'
import {
  becomeOwner,
  type FirecrackerBackend,
  makeUsable,
  type Step,
  type VmWatcher,
} from '@vulcan/backend-firecracker'
import { messageOf } from '@vulcan/schema'
import { type Microvm, openMicrovm } from './microvm.ts'
import type { PoolSettings } from './pool-limits.ts'
import type { Settings } from './settings.ts'

export type { Step }

/** What a host tells while it works: for a log or a person, never for a program. */
export type HostNotice = (message: string) => void

export interface FoundationOptions {
  readonly signal: AbortSignal
  readonly onNotice: HostNotice
  /** Tries VMMs again that lately did not boot a guest. */
  readonly retryTrials?: boolean | undefined
  /** How many networks are made before a VM needs one (default 0). */
  readonly readySlots?: number | undefined
  /** VMs that are started before a workload needs one (default: none). */
  readonly pool?: PoolSettings | undefined
  /** Told what becomes of VMs. */
  readonly vmWatcher?: VmWatcher | undefined
  /** Told each step of the VMs. Their times are those of `performance.now()` in this process. */
  readonly onStep?: ((step: Step) => void) | undefined
}

/** How often a host looks for what dead processes left, and for what it could not release before. */
const RECOVERY_EVERY_MS = 60_000

/**
 * What every host stands on: its directories, its name, and what runs workloads in microVMs. An
 * engine is opened on it and disposed before it.
 */
export interface Foundation extends AsyncDisposable {
  readonly settings: Settings
  readonly ownerId: string
  readonly registry: Registry
  /** The VMM in use and what was found out about KVM; or why no VM can be started here. */
  readonly microvm: Microvm | Error
}

/**
 * Opening it begins to clear what dead processes left; disposing waits until all that the VMs of this
 * process held is released. Throws `DirectoryError`, `OwnerError`, or the signal's reason; what keeps
 * VMs from running is no error of it.
 */
export async function openFoundation(
  settings: Settings,
  options: FoundationOptions,
): Promise<Foundation> {
  await makeUsable(settings.layout.homeDir, 'VULCAN_HOME', 0o755)
  await using held = new AsyncDisposableStack()
  const { ownerId } = held.use(await becomeOwner(settings.layout))
  const registry = new Registry()
  const microvm = await openMicrovm({ ...options, ...settings, ownerId }).catch(toError)
  options.signal.throwIfAborted()
  if (microvm instanceof Error) {
    registry.declareUnavailable('microvm', microvm.message)
  } else {
    const { backend } = microvm
    registry.register(backend)
    held.use(clearRegularly(backend, options.onNotice))
    held.defer(() => backend.shutdown())
  }
  const kept = held.move()
  return {
    ...{ settings, ownerId, registry, microvm },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Clears now and every now and then; disposing waits for the end of a recovery that goes on. */
function clearRegularly(backend: FirecrackerBackend, onNotice: HostNotice): AsyncDisposable {
  let running = clearRemains(backend, onNotice)
  const timer = setInterval(() => {
    running = running.then(() => clearRemains(backend, onNotice))
  }, RECOVERY_EVERY_MS).unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}

/** Never rejects: what a dead process left must not keep a living one from its work. */
async function clearRemains(backend: FirecrackerBackend, onNotice: HostNotice): Promise<void> {
  try {
    const { failures } = await backend.recover()
    for (const failure of failures) onNotice(messageOf(failure))
  } catch (error) {
    onNotice(`recovery of earlier processes' VMs failed: ${messageOf(error)}`)
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
