import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { ReaderLimit } from '../../src/request/reader-limit.ts'
import { DEFAULT_HTTP_LIMITS } from '../../src/server-options.ts'
import type { openServer } from './server-under-test.ts'

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Depth and segment of a line in Fastify's picture of its routes. */
const LINE = /^(?<depth>(?:[│ ] {3})*)[├└]── (?<segment>\S+) \(/

/** The path of every route that the server has, from Fastify's own table: `/v1/workloads/:id`. */
export async function allPaths(under: Awaited<ReturnType<typeof openServer>>): Promise<string[]> {
  const { engine, backend } = under
  await using app = await buildApp({
    engine,
    backends: () => [backend],
    authenticator: { admit: unused, identify: unused, admitSubmission: unused },
    defaults: { cpus: 1, memMib: 512, network: 'none' },
    readiness: unused,
    metrics: unused,
    logger: pino({ level: 'silent' }),
    limits: DEFAULT_HTTP_LIMITS,
    readers: new ReaderLimit(1),
    closing: new AbortController().signal,
  })
  const above: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { depth, segment } = LINE.exec(line)?.groups ?? {}
      if (depth === undefined || segment === undefined) throw new Error(`not a route: ${line}`)
      above.splice(depth.length / 4, Number.POSITIVE_INFINITY, segment)
      return above.join('')
    })
}

function unused(): never {
  throw new Error('routes are only listed here')
}
