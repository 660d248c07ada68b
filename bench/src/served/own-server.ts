import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { VULCAN } from '../places.ts'
import type { OwnPlace } from './own-place.ts'
import { ServerMetrics } from './server-metrics.ts'
import type { Target } from './target.ts'

const LOG_LINES_MAX = 20

/** `vulcan serve` in a process and a place of its own. */
export class OwnServer implements Target, AsyncDisposable {
  readonly name: string
  readonly url: string
  readonly key: string | undefined = undefined
  readonly pid: number
  /** How many warm VMs it is to have while nobody asks. */
  readonly poolSize: number
  readonly metrics: ServerMetrics
  readonly #held: AsyncDisposableStack

  private constructor(
    { url, pid }: Started,
    held: AsyncDisposableStack,
    { name, poolSize }: { name: string; poolSize: number },
  ) {
    this.name = name
    this.poolSize = poolSize
    this.url = url
    this.pid = pid
    this.#held = held
    this.metrics = held.use(new ServerMetrics(this, poolSize))
  }

  /** In a place that is its own from now on. Throws with the end of its log when it does not serve. */
  static async start(
    place: OwnPlace,
    { name, poolSize, vmm }: { name: string; poolSize: number; vmm: string },
  ): Promise<OwnServer> {
    await using held = new AsyncDisposableStack()
    held.use(place)
    const env = {
      ...place.env,
      VULCAN_LISTEN_ADDR: '127.0.0.1:0',
      VULCAN_VMM: vmm === 'firecracker' ? 'firecracker' : 'qemu',
      ...poolVariables(poolSize),
    }
    const started = await startServe(env)
    held.defer(started.stop)
    return new OwnServer(started, held.move(), { name, poolSize })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#held.disposeAsync()
  }
}

/**
 * A minimum would be one for every runtime. There are as many warm VMs as were missed at once, and they
 * stay; their memory is no limit.
 */
function poolVariables(size: number): Record<string, string> {
  if (size === 0) return { VULCAN_POOL_MAX: '0' }
  return {
    VULCAN_POOL_MIN: '0',
    VULCAN_POOL_MAX: String(size),
    VULCAN_POOL_IDLE_S: '86400',
    VULCAN_POOL_MEM_MB: String(size * 1024),
  }
}

interface Started {
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

async function startServe(env: NodeJS.ProcessEnv): Promise<Started> {
  const child = spawn(VULCAN, ['serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  const serving = Promise.withResolvers<string>()
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line)
    if (log.length > LOG_LINES_MAX) log.shift()
    if (line.includes('"msg":"serving"')) serving.resolve(JSON.parse(line).url)
  })
  const url = await Promise.race([serving.promise, exited])
  if (typeof url !== 'string' || child.pid === undefined) {
    throw new Error(`vulcan serve did not start:\n${log.join('\n')}`)
  }
  return { url, pid: child.pid, stop }
}
