import type { Duplex } from 'node:stream'
import type { FakeScript } from '@vulcan/firecracker/testing'

const RESPONSE = {
  exit_code: 0,
  error: '',
  reason: 'exited',
  truncated: { stdout: false, stderr: false },
}

/** A message of the guest's protocol: its length in four bytes, then JSON. */
export function framed(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message))
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.byteLength)
  return Buffer.concat([header, body])
}

export const STARTED = framed({ type: 'started' })
export const RESULT = framed({ type: 'result', response: RESPONSE })
export const READY = { port: 1024, message: framed({ type: 'ready', version: '0.1.0' }) }

type Guest = NonNullable<FakeScript['guest']>

/** An agent that sets its network up, and answers a run with `run`. */
export function agent(run: Guest): FakeScript {
  return {
    readiness: READY,
    guest: async (connection, vm, port) => {
      const { type } = await readMessage(connection)
      if (type === 'run') return run(connection, vm, port)
      connection.write(framed({ type: 'result', response: { error: '' } }))
    },
  }
}

/** What an agent does whose program starts, and ends with code 0 when `gate` opens. */
export const runUntil =
  (gate: Promise<unknown>): Guest =>
  async (connection) => {
    connection.write(STARTED)
    await gate
    connection.write(RESULT)
  }

/** What an agent does that writes these bytes and ends the connection. */
export const writing =
  (...parts: readonly Buffer[]): Guest =>
  async (connection) => {
    for (const part of parts) connection.write(part)
  }

async function readMessage(connection: Duplex): Promise<{ readonly type: string }> {
  let received = Buffer.alloc(0)
  for await (const chunk of connection.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk])
    if (received.length < 4) continue
    const lengthBytes = received.readUInt32BE()
    if (received.length >= 4 + lengthBytes) return JSON.parse(received.toString('utf8', 4))
  }
  throw new Error('the host ended the connection before its message was whole')
}
