/*
 * Started in a namespace. `listen` writes each datagram that comes. `send` sends what a line of
 * standard input says, then markers to addresses that are reachable, at least two rounds of them:
 * what one of the first round overtook on another processor has arrived before the second.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { createInterface } from 'node:readline'
import type { Probe, SendRequest } from './probe.ts'

const PORT = 7777
const MARKER_AGAIN_MS = 50

function open(address: string): Socket {
  const [host = address] = address.split('%')
  return isIPv6(host) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4')
}

async function listen(): Promise<void> {
  for (const address of ['0.0.0.0', '::']) {
    const socket = open(address)
    socket.on('message', (message) => process.stdout.write(`${message}\n`))
    socket.bind(PORT, address)
    await once(socket, 'listening')
  }
  process.stdout.write('listening\n')
}

async function sendProbe({ id, to, from }: Probe): Promise<void> {
  const socket = open(to)
  try {
    socket.bind(0, from)
    await once(socket, 'listening')
    // That of neighbour discovery, which no other datagram may pass for.
    socket.setTTL(255)
    await new Promise<void>((resolve, reject) => {
      socket.send(id, PORT, to, (error) => (error ? reject(error) : resolve()))
    })
  } finally {
    socket.close()
  }
}

/** Again and again, until standard input ends. */
async function sendMarkers(markers: readonly Probe[]): Promise<void> {
  const sockets = markers.map(({ to }) => open(to))
  for (const [at, { from }] of markers.entries()) sockets[at]?.bind(0, from)
  let round = 1
  const send = () => {
    for (const [at, { id, to }] of markers.entries()) sockets[at]?.send(`${id} ${round}`, PORT, to)
    round = 2
  }
  send()
  const again = setInterval(send, MARKER_AGAIN_MS)
  await once(process.stdin, 'end')
  clearInterval(again)
  for (const socket of sockets) socket.close()
}

if (process.argv[2] === 'listen') {
  await listen()
} else {
  const [line] = await once(createInterface(process.stdin), 'line')
  const { probes, markers }: SendRequest = JSON.parse(line)
  for (const probe of probes) await sendProbe(probe)
  await sendMarkers(markers)
}
