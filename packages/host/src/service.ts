import { Engine, SqliteStore } from '@vulcan/engine'
import { ConfigError, type Env, messageOf, VulcanError } from '@vulcan/schema'
import {
  type Authenticator,
  KeyAuthenticator,
  KeylessAuthenticator,
  KeyStore,
  Server,
} from '@vulcan/server'
import { createLogger, Telemetry } from '@vulcan/telemetry'
import type { Logger } from 'pino'
import { checkExposure } from './exposure.ts'
import type { ExposureFlag } from './exposure-flags.ts'
import { type Foundation, openFoundation } from './foundation.ts'
import { keysPath } from './keys-path.ts'
import type { Microvm } from './microvm.ts'
import { readServeSettings, type ServeSettings } from './serve-settings.ts'
import { SERVE_VARIABLES } from './serve-variables.ts'
import { observeService, readinessOf } from './service-state.ts'
import { readSettings } from './settings.ts'
import { VERSION } from './version.ts'

export interface ServeOptions {
  readonly env: Env
  /** Ends the start. */
  readonly signal: AbortSignal
  /** The risks that the operator takes. */
  readonly allow: Readonly<Partial<Record<ExposureFlag, boolean>>>
}

/** A server that does not start, though each of its settings is right. */
export class ServeError extends VulcanError<'emulation_not_asked' | 'listen_failed'> {}

/**
 * One Vulcan host that serves the HTTP API. Disposing drains it: new work is refused, what runs may
 * end within `VULCAN_DRAIN_MS`, what waits is kept for the next process, and nothing is left behind.
 */
export class Service implements AsyncDisposable {
  /** Where it listens. */
  readonly url: string
  readonly logger: Logger
  readonly #engine: Engine
  readonly #held: AsyncDisposableStack

  private constructor(url: string, logger: Logger, engine: Engine, held: AsyncDisposableStack) {
    this.url = url
    this.logger = logger
    this.#engine = engine
    this.#held = held
  }

  /**
   * Throws `ConfigError`, `DirectoryError`, `OwnerError`, `StoreError`, `ExposureError`, `ServeError`,
   * `TelemetryConfigError`, what keeps VMs from running, or the signal's reason.
   */
  static async start({ env, signal, allow }: ServeOptions): Promise<Service> {
    const hostSettings = await readSettings(env)
    const { layout } = hostSettings
    const settings = readServeSettings(env, layout.homeDir)
    const { nodeId, readySlots, pool } = settings
    await using held = new AsyncDisposableStack()
    const logger = createLogger({ level: settings.logLevel })
    const telemetry = held.use(await Telemetry.start({ env, version: VERSION, nodeId, logger }))
    const { vmWatcher } = telemetry
    const onNotice = (message: string) => logger.warn(message)
    const foundation = held.use(
      await openFoundation(hostSettings, { signal, onNotice, readySlots, pool, vmWatcher }),
    )
    const microvm = requireMicrovm(foundation)
    const keys = held.use(await KeyStore.open(keysPath(layout)))
    const { hasKeys } = keys
    checkExposure({
      listenAddress: settings.listenAddress.host,
      hasKeys,
      isolationStrength: microvm.program.isolationStrength,
      jailed: microvm.program.confinement.kind === 'jailer',
      allow,
    })
    if (!hasKeys) refuseOrigins(settings)
    const store = held.use(await SqliteStore.open(settings.dbPath))
    const parts: Parts = { settings, foundation, microvm, store, telemetry, logger }
    const engine = held.use(await openEngine(parts))
    const authenticator = hasKeys
      ? held.use(new KeyAuthenticator({ keys, onProblem: (error) => logger.error(error) }))
      : new KeylessAuthenticator({ listenAddress: settings.listenAddress.host })
    const server = held.use(await listen(parts, engine, authenticator))
    observeService(telemetry, { ...parts, engine })
    held.defer(() => {
      microvm.backend.closePool()
      return engine.drain({ graceMs: settings.drainMs, waiting: 'keep' })
    })
    signal.throwIfAborted()
    return new Service(server.url, logger, engine, held.move())
  }

  /** Ends what still runs, at once: for a server that is told a second time to stop. Never rejects. */
  async hurry(): Promise<void> {
    try {
      await this.#engine.drain({ graceMs: 0, waiting: 'keep' })
    } catch (error) {
      this.logger.error(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held[Symbol.asyncDispose]()
  }
}

/** What a service is made of before it has an engine. */
interface Parts {
  readonly settings: ServeSettings
  readonly foundation: Foundation
  readonly microvm: Microvm
  readonly store: SqliteStore
  readonly telemetry: Telemetry
  readonly logger: Logger
}

/** Software emulation must be asked for: other people's code comes to servers. */
function requireMicrovm({ microvm, settings }: Foundation): Microvm {
  if (microvm instanceof Error) throw microvm
  if (microvm.program.isolationStrength === 'emulated' && settings.vmm !== 'qemu') {
    throw new ServeError(
      'emulation_not_asked',
      `VMs would be emulated in software, which is no security boundary: ${microvm.program.reason}; mend that (see "vulcan doctor"), or set VULCAN_VMM=qemu`,
    )
  }
  return microvm
}

/** Without keys a page of another origin could run code as the operator. */
function refuseOrigins({ corsOrigins }: ServeSettings): void {
  if (corsOrigins.length === 0) return
  const takes = 'no value without API keys: make one with "vulcan keys create"'
  throw new ConfigError(SERVE_VARIABLES.corsOrigins.name, corsOrigins.join(','), takes)
}

function openEngine({ settings, foundation, store, telemetry, logger }: Parts): Promise<Engine> {
  const { config } = foundation.settings
  const { nodeId, capacity, queue, retention, logLimitBytes } = settings
  return Engine.open({
    ...{ store, nodeId, capacity, queue, retention, logLimitBytes },
    registry: foundation.registry,
    defaults: { cpus: config.defaultVcpus, memMib: config.defaultMemMib },
    watcher: telemetry.watcher,
    onProblem: (error) => logger.error(error),
  })
}

async function listen(
  { settings, foundation, microvm, telemetry, logger }: Parts,
  engine: Engine,
  authenticator: Authenticator,
): Promise<Server> {
  const { defaultVcpus, defaultMemMib, networkDefault } = foundation.settings.config
  const { listenAddress, maxConnections, maxReadersPerKey, corsOrigins } = settings
  try {
    return await Server.listen({
      ...{ engine, authenticator, logger, corsOrigins },
      listen: listenAddress,
      backends: () => [microvm.backend],
      limits: { connections: maxConnections, logReadersPerKey: maxReadersPerKey },
      defaults: { cpus: defaultVcpus, memMib: defaultMemMib, network: networkDefault },
      readiness: () => readinessOf(engine, microvm),
      metrics: () => telemetry.scrape(),
      onRequest: telemetry.onRequest,
      traceRequest: telemetry.traceRequest,
    })
  } catch (error) {
    const { host, port } = listenAddress
    throw new ServeError(
      'listen_failed',
      `cannot listen on ${host}, port ${port}: ${messageOf(error)}; set VULCAN_LISTEN_ADDR`,
      { cause: error },
    )
  }
}
