import type { HTTPMethods, RouteOptions } from 'fastify'
import type { App } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'

/** Sees every route that is added after it; what it returns answers all other methods of their paths. */
export function collectRoutes(app: App): () => void {
  const methodsByUrl = new Map<string, Set<string>>()
  const take = ({ url, method }: RouteOptions) => {
    const methods = methodsByUrl.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    methodsByUrl.set(url, methods)
  }
  app.addHook('onRoute', take)
  return () => {
    for (const [url, methods] of [...methodsByUrl]) refuseOtherMethods(app, url, methods)
  }
}

function refuseOtherMethods(app: App, url: string, methods: ReadonlySet<string>): void {
  const allow = [...methods].sort().join(', ')
  const refuse = async (): Promise<never> => {
    throw new HttpProblem('method_not_allowed', `this resource has only ${allow}`, {
      headers: { allow },
    })
  }
  app.route({
    method: app.supportedMethods.filter((name) => !methods.has(name)) as HTTPMethods[],
    url,
    // Before anything of a body is read.
    onRequest: refuse,
    schema: { hide: true },
    handler: refuse,
  })
}
