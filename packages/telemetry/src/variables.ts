import type { Env, Kind } from '@vulcan/schema'
import { TelemetryConfigError } from './errors.ts'

/**
 * Reads variables and knows which ones it was asked for, so that no other one is ignored. An empty
 * value is none (OpenTelemetry's rule). No value is ever repeated in an error: it may be a secret.
 */
export class Variables {
  readonly #env: Env
  readonly #known = new Map<string, string>()

  constructor(env: Env) {
    this.#env = env
  }

  /** Throws `TelemetryConfigError`. */
  read<Value>(name: string, { takes, schema }: Kind<Value>): Value | undefined {
    this.#known.set(name, takes)
    const value = this.#env[name]
    if (value === undefined || value === '') return undefined
    const parsed = schema.safeParse(value.trim())
    if (!parsed.success) throw new TelemetryConfigError(name, takes)
    return parsed.data
  }

  /** What each variable that was read takes. */
  get known(): ReadonlyMap<string, string> {
    return this.#known
  }

  /** Throws `TelemetryConfigError` for a variable with this prefix that was not asked for. */
  refuseOthers(prefix: string): void {
    for (const [name, value] of Object.entries(this.#env)) {
      if (!name.startsWith(prefix) || this.#known.has(name) || !value) continue
      throw new TelemetryConfigError(name, 'no value: Vulcan does not know it, so unset it')
    }
  }
}
