import type { MachineState } from '../machine-state.ts'
import { applyConfigDocument } from './config-document.ts'
import { Fault } from './fault.ts'
import { MachineController } from './machine-controller.ts'
import { parseRequest, type Understood } from './parse-request.ts'
import type { Vmm } from './vmm.ts'

export interface VmmApiRequest {
  readonly method: string
  readonly path: string
  /** Empty for none. */
  readonly body: string
}

/** `body` is JSON on the wire; without one the status is 204. */
export interface VmmApiResponse {
  readonly status: number
  readonly body?: unknown
  /** Sent as the header `Deprecation: true`. */
  readonly isDeprecated?: boolean
}

/**
 * Firecracker's API over one `Vmm`, without its transport: requests and `--config-file` documents
 * go through the same schemas, checks and table of states, one after the other, as in Firecracker.
 */
export class VmmApi {
  readonly #machine: MachineController
  #previous: Promise<unknown> = Promise.resolve()

  constructor(vmm: Vmm) {
    this.#machine = new MachineController(vmm)
  }

  get state(): MachineState {
    return this.#machine.state
  }

  /** Never rejects: what goes wrong is the answer (400 for a `Fault`, 500 for a bug). */
  async handle(request: VmmApiRequest): Promise<VmmApiResponse> {
    try {
      const understood = parseRequest(request, this.#machine.vmmVersion)
      const response = await this.#respond(understood)
      return understood.isDeprecated ? { ...response, isDeprecated: true } : response
    } catch (error) {
      return refusal(error)
    }
  }

  /**
   * Configures and starts the machine as the text of a `--config-file` says. Throws `Fault`
   * (`vmm_fault`) where a request with the same content would be refused. Unlike Firecracker it
   * also refuses fields that it does not know.
   */
  async applyConfigFile(text: string): Promise<void> {
    await this.#inTurn(() => applyConfigDocument(this.#machine, text))
  }

  /** To be called when the VMM's guest has ended: from then on everything is refused. */
  end(): void {
    this.#machine.end()
  }

  async #respond({ run }: Understood): Promise<VmmApiResponse> {
    try {
      const body = await this.#inTurn(() => run(this.#machine))
      return body === undefined ? { status: 204 } : { status: 200, body }
    } catch (error) {
      return refusal(error)
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#previous.then(work)
    this.#previous = result.catch(() => undefined)
    return result
  }
}

function refusal(error: unknown): VmmApiResponse {
  if (error instanceof Fault)
    return { status: error.status, body: { fault_message: error.message } }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { status: 500, body: { fault_message: `Internal error: ${message}` } }
}
