import { UnknownWorkloadError } from '@vulcan/engine'
import type { Scope, Workload } from '@vulcan/schema'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { RequestFacts } from '../authenticator.ts'
import type { Context } from '../context.ts'
import { HttpProblem } from '../http-problem.ts'

const callers = new WeakMap<object, Caller>()

/** What an authenticator looks at. */
export function factsOf(request: FastifyRequest): RequestFacts {
  const { method = '', url = '', headers, rawHeaders } = request.raw
  const { remoteAddress = '' } = request.raw.socket
  return { method, url, headers, rawHeaders, remoteAddress }
}

/** A hook that finds out who calls before anything of the body is read, and refuses who may not. */
export function requireScope({ authenticator }: Context, scope: Scope) {
  return async (request: FastifyRequest): Promise<void> => {
    const caller = await authenticator.identify(factsOf(request))
    if (!permits(caller, scope)) {
      throw new HttpProblem('forbidden', `this API key does not have the scope "${scope}"`)
    }
    callers.set(request.raw, caller)
  }
}

/**
 * Cuts an answer that goes on for long when its caller would not be let in any more, since the key was
 * revoked or has expired; within a heartbeat.
 */
export function cutWhenRefused(
  { authenticator, limits }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Disposable {
  const identify = async () => authenticator.identify(factsOf(request))
  const timer = setInterval(() => {
    void identify().catch(() => reply.raw.destroy())
  }, limits.heartbeatMs)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Who calls; of a route with `requireScope` only. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request.raw)
  if (caller === undefined) throw new Error('the route does not ask who calls')
  return caller
}

/** Whose workloads a caller sees; undefined: everybody's. */
export function ownerSeenBy(caller: Caller): string | undefined {
  return caller.scopes.has('admin') ? undefined : caller.owner
}

/** A workload that the caller may see; another's is as unknown as none. Throws `UnknownWorkloadError`. */
export async function visibleWorkload(
  { engine }: Context,
  request: FastifyRequest,
  id: string,
): Promise<Workload> {
  const workload = await engine.get(id)
  const owner = ownerSeenBy(callerOf(request))
  if (owner !== undefined && owner !== workload.owner) throw new UnknownWorkloadError(id)
  return workload
}

/** Who may run may read one's own, and `admin` may do everything. */
function permits({ scopes }: Caller, scope: Scope): boolean {
  if (scopes.has(scope) || scopes.has('admin')) return true
  return scope === 'read' && scopes.has('run')
}
