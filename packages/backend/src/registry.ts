import type { Isolation, Runtime } from '@vulcan/schema'
import type { Backend } from './backend.ts'
import { BackendError } from './errors.ts'

type NamedIsolation = Exclude<Isolation, 'auto'>

/** Which backend serves which isolation. */
export class Registry {
  readonly #backends = new Map<NamedIsolation, Backend>()
  readonly #unavailable = new Map<NamedIsolation, string>()

  /** Makes `backend` the one for each isolation it supports. */
  register(backend: Backend): void {
    for (const isolation of backend.capabilities().supportedIsolations) {
      this.#backends.set(isolation, backend)
    }
  }

  /** Says why nobody serves this isolation: what whoever asks for it is told. */
  declareUnavailable(isolation: NamedIsolation, reason: string): void {
    this.#unavailable.set(isolation, reason)
  }

  /**
   * The backend for a workload. `auto` means the strongest there is, today always `microvm`.
   *
   * Throws `BackendError` `unsupported_isolation` or `unsupported_runtime`.
   */
  resolve(isolation: Isolation, runtime: Runtime): Backend {
    const wanted = isolation === 'auto' ? 'microvm' : isolation
    const backend = this.#backends.get(wanted)
    if (backend === undefined) {
      const reason = this.#unavailable.get(wanted) ?? 'no backend for it is registered'
      throw new BackendError(
        'unsupported_isolation',
        `isolation "${wanted}" is not available on this host: ${reason}; run "vulcan doctor"`,
      )
    }
    const { supportedRuntimes, name } = backend.capabilities()
    if (!supportedRuntimes.includes(runtime)) {
      throw new BackendError(
        'unsupported_runtime',
        `unsupported runtime: "${runtime}" (backend "${name}" supports ${supportedRuntimes.join(', ')})`,
      )
    }
    return backend
  }
}
