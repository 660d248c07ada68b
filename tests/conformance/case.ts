import assert from 'node:assert/strict'
import { ANSWER_DEADLINE_MS, exchange, type RawAnswer, request } from './raw-http.ts'
import type { Files, RunningVmm, VmmUnderCase } from './vmms/vmm.ts'

/** One thing that Firecracker is documented to do, or was found doing. */
export interface Case {
  readonly name: string
  /** What a VMM must have for it: a Linux guest with the agent. Without: the program is enough. */
  readonly needs?: 'linux'
  /** Rejects with an `AssertionError` where the VMM behaves otherwise. */
  run(vmm: VmmUnderCase): Promise<void>
}

/** What is expected of one answer. */
export interface Answer {
  readonly status: number
  /** The fault message, or a pattern for one whose words are a library's. */
  readonly fault?: string | RegExp
  /** JSON; a field that is null is as good as absent, as in requests. */
  readonly body?: unknown
  /** Only these fields of the JSON are looked at. */
  readonly among?: unknown
}

export interface Call {
  /** `PUT /vsock` */
  readonly call: string
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown
  readonly answer: Answer
}

export const done: Answer = { status: 204 }

export function gives(body: unknown): Answer {
  return { status: 200, body }
}

/** What `GET /` tells of the machine. */
export function machineIs(state: string, id = 'anonymous-instance'): Call {
  const among = { id, state, vmm_version: '1.16.1' }
  return { call: 'GET /', answer: { status: 200, among } }
}

export function refused(fault: string | RegExp): Answer {
  return { status: 400, fault }
}

/** A refusal of a body that is no JSON or has another shape; the reason is serde's. */
export function misshapen(reason: string): Answer {
  const prefix = 'An error occurred when deserializing the json body of a request: '
  return refused(new RegExp(`^${RegExp.escape(prefix)}.*${RegExp.escape(reason)}`))
}

export function call(name: string, ...rest: [Answer] | [unknown, Answer]): Call {
  const [body, answer] = rest.length === 1 ? [undefined, rest[0]] : rest
  return { call: name, body, answer }
}

/** Calls in this order to a VMM that was just started. */
export function calls(name: string, make: (files: Files) => readonly Call[]): Case {
  return {
    name,
    async run(vmm) {
      const running = await vmm.start()
      for (const step of make(vmm.files)) await perform(running, step)
    },
  }
}

/** A call that leaves no trace, so that one VMM is enough for many of them. */
export function harmless(name: string, make: (files: Files) => Call): Case {
  return {
    name,
    run: async (vmm) => perform(await vmm.untouched(), make(vmm.files)),
  }
}

/** `deadlineMs`, where the answer may take longer than others. */
export async function perform(
  vmm: RunningVmm,
  step: Call,
  deadlineMs: number = ANSWER_DEADLINE_MS,
): Promise<void> {
  const body = typeof step.body === 'object' ? JSON.stringify(step.body) : step.body
  const bytes = request(step.call, body === undefined ? undefined : String(body))
  check(step, await exchange(vmm.socketPath, bytes, deadlineMs))
}

function check({ call, answer }: Call, got: RawAnswer): void {
  const { status, fault, body, among } = answer
  const expected = fault === undefined ? JSON.stringify(body ?? among ?? '') : String(fault)
  const differs = `${call}\n  expected ${status} ${expected}\n  came     ${got.status} ${got.body}`
  assert.equal(got.status, status, differs)
  if (body !== undefined) assert.deepEqual(parse(got.body), parse(JSON.stringify(body)), differs)
  else if (among !== undefined) assert.partialDeepStrictEqual(parse(got.body), among, differs)
  else if (fault === undefined) assert.equal(got.body, '', differs)
  else checkFault(JSON.parse(got.body), fault, differs)
}

function parse(json: string): unknown {
  return JSON.parse(json, (_, value) => value ?? undefined)
}

function checkFault(body: Record<string, unknown>, fault: string | RegExp, differs: string): void {
  assert.deepEqual(Object.keys(body), ['fault_message'], differs)
  const words = String(body['fault_message'])
  if (typeof fault === 'string') assert.equal(words, fault, differs)
  else assert.match(words, fault, differs)
}
