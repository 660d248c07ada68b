import type { Runtime } from '@vulcan/schema'
import { UnavailableError } from '../adapters/adapter.ts'
import { VulcanServer } from '../adapters/vulcan-server.ts'
import type { GuestFiles } from '../by-hand/guest-files.ts'
import { hello } from '../programs.ts'
import { makeOwnPlace, type OwnPlace } from '../served/own-place.ts'
import { OwnServer } from '../served/own-server.ts'

/** Starts the servers that are measured, each in a place of its own. */
export class MeasuredServers {
  readonly #files: GuestFiles
  readonly #first: OwnPlace
  readonly #signal: AbortSignal

  /** `first` has what a host found out about this machine. */
  constructor(files: GuestFiles, first: OwnPlace, signal: AbortSignal) {
    this.#files = files
    this.#first = first
    this.#signal = signal
  }

  /** One that starts a VM for every workload. */
  startCold(): Promise<OwnServer> {
    return this.#start('without a pool', 0)
  }

  /**
   * One that has so many warm VMs for workloads of a runtime. Throws `UnavailableError` where there
   * are no pools.
   */
  async startWarm(runtime: Runtime, poolSize: number): Promise<OwnServer> {
    await using held = new AsyncDisposableStack()
    const server = held.use(await this.#start(`with ${poolSize} warm VMs`, poolSize))
    if (!(await server.metrics.hasPool()))
      throw new UnavailableError('this server has no pool of warm VMs')
    await missWarmVms(server, runtime, poolSize, this.#signal)
    await server.metrics.quiet(this.#signal)
    held.move()
    return server
  }

  async #start(name: string, poolSize: number): Promise<OwnServer> {
    const place = await makeOwnPlace(this.#files.homeDir, { before: this.#first })
    const vmm = this.#files.guest.vmm.name
    return OwnServer.start(place, { name, poolSize, vmm })
  }
}

/** A pool has as many warm VMs as were missed: so many programs come at the same moment. */
async function missWarmVms(
  server: OwnServer,
  runtime: Runtime,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  await using held = new AsyncDisposableStack()
  const callers = await Promise.all(
    Array.from({ length: count }, () => VulcanServer.open('warm-vm', server)),
  )
  for (const caller of callers) held.use(caller)
  await Promise.all(callers.map((caller) => caller.run(hello(runtime), signal)))
}
