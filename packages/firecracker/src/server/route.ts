import { Fault } from './fault.ts'
import type { MachineController } from './machine-controller.ts'

/** A request that was understood: `run` answers with a body for the wire, or with none. */
export type Run = (machine: MachineController) => Promise<unknown>

/** Understands a call's body (undefined for none) and the id in its path. Throws `Fault`. */
export type Route = (body: unknown, id: string) => Run

/** Firecracker has other words for interfaces. */
export function checkSameId(inPath: string, inBody: string, what?: 'interface'): void {
  if (inPath === inBody) return
  if (what === undefined) {
    throw new Fault('The id from the path does not match the id from the body!')
  }
  throw new Fault(
    `The id from the path [${inPath}] does not match the id from the body [${inBody}]!`,
  )
}
