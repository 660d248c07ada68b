import assert from 'node:assert/strict'
import type { Case } from '../case.ts'
import { AGENT_PORT, firstWord, listenOn, startLinux } from '../linux-guest.ts'

const NOBODY = 4242

/** What needs the vsock driver of a guest. */
export const guestVsockCases: readonly Case[] = [
  {
    name: 'a guest with Linux: connections in both directions, and those that nobody takes',
    needs: 'linux',
    async run(vmm) {
      using ready = await listenOn(`${vmm.files.vsock}_${AGENT_PORT}`)
      await startLinux(vmm)
      await ready.connected
      const { vsock } = vmm.files
      assert.match(await firstWord(vsock, `CONNECT ${AGENT_PORT}\n`), /^OK \d+\n$/)
      assert.match(await firstWord(vsock, `connect ${AGENT_PORT}\n`), /^OK \d+\n$/)
      assert.equal(await firstWord(vsock, `CONNECT ${NOBODY}\n`), '')
      for (const nonsense of ['CONNECT\n', 'CONNECT x\n', 'HELLO 1024\n', `CONNECT ${2 ** 32}\n`]) {
        assert.equal(await firstWord(vsock, nonsense), '', JSON.stringify(nonsense))
      }
      assert.match(await firstWord(vsock, `CONNECT ${AGENT_PORT}\n`), /^OK \d+\n$/)
    },
  },
  {
    name: 'a guest with Linux that dials where nobody listens is reset, and goes on',
    needs: 'linux',
    async run(vmm) {
      const running = await startLinux(vmm)
      // The agent's own word for the end of its one attempt.
      const said = await running.hasSaid(' (os error ', 'booting')
      assert.match(said, /^vulcan-guest: operation: Connection reset by peer /m)
      assert.match(await firstWord(vmm.files.vsock, `CONNECT ${AGENT_PORT}\n`), /^OK \d+\n$/)
    },
  },
]
