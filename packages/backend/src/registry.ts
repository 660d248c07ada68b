import type { Isolation, Runtime } from '@vulcan/schema'
import type { Backend } from './backend.ts'
import { BackendError } from './errors.ts'

/** Which backend serves which isolation. */
export class Registry {
  readonly #backends = new Map<Exclude<Isolation, 'auto'>, Backend>()

  /** Makes `backend` the one for each isolation it supports. */
  register(backend: Backend): void {
    for (const isolation of backend.capabilities().supportedIsolations) {
      this.#backends.set(isolation, backend)
    }
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
      throw new BackendError(
        'unsupported_isolation',
        `no backend for isolation "${wanted}" is registered on this host: run "vulcan doctor" to see why`,
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
