import { statfs } from 'node:fs/promises'
import type { Engine } from '@vulcan/engine'
import type { Readiness } from '@vulcan/schema'
import type { Telemetry } from '@vulcan/telemetry'
import type { Foundation } from './foundation.ts'
import type { Microvm } from './microvm.ts'
import type { ServeSettings } from './serve-settings.ts'

const MIB = 1024 ** 2

/** Whether workloads that are submitted now will run. */
export function readinessOf(engine: Engine, microvm: Microvm): Readiness {
  const { waiting, running, isClosed } = engine.load
  return {
    status: isClosed ? 'not_ready' : 'ready',
    reason: isClosed ? 'this host is shutting down' : '',
    isolation_strength: microvm.program.isolationStrength,
    ...{ waiting, running },
  }
}

/** What of a service is read whenever its metrics are. */
export function observeService(
  telemetry: Telemetry,
  parts: {
    readonly settings: ServeSettings
    readonly foundation: Foundation
    readonly microvm: Microvm
    readonly engine: Engine
  },
): void {
  const { settings, foundation, microvm, engine } = parts
  const room = (used: number, all: number) => ({ used, free: Math.max(0, all - used) })
  telemetry.observe({
    slots: () => room(engine.load.running, microvm.backend.capabilities().maxConcurrency),
    memoryBytes: () => room(engine.load.memMib * MIB, settings.capacity.memMib * MIB),
    diskBytes: async () => {
      const { bsize, blocks, bavail } = await statfs(foundation.settings.layout.homeDir)
      return room((blocks - bavail) * bsize, blocks * bsize)
    },
    queueLimit: () => settings.queue.max,
  })
}
