import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { FakeFirecracker, type FakeScript } from '@vulcan/firecracker/testing'
import { WorkloadSpec, type WorkloadSpecInput } from '@vulcan/schema'
import { FirecrackerBackend, type FirecrackerBackendOptions } from '../../src/backend.ts'
import { loadConfig } from '../../src/config.ts'
import type { Layout } from '../../src/lifecycle/layout.ts'
import { becomeOwner } from '../../src/lifecycle/owner.ts'
import { readBootId } from '../../src/lifecycle/recover.ts'
import { Networks } from '../../src/networks.ts'
import { MessageReader, writeMessage } from '../../src/protocol/framing.ts'
import { READY } from './agent-messages.ts'
import { layoutIn } from './layout-in.ts'

export const IDS = [
  '01K3Z5V7Q8R9S0T1V2W3X4Y5Z6',
  '01K3Z5V7Q8R9S0T1V2W3X4Y5Z7',
  '01K3Z5V7Q8R9S0T1V2W3X4Y5Z8',
] as const
/** An agent that takes the request and sends these messages. */
export function answering(...messages: unknown[]): FakeScript {
  return {
    readiness: READY,
    guest: async (connection) => {
      await new MessageReader(connection, 1 << 24).next()
      for (const message of messages) await writeMessage(connection, message)
    },
  }
}

export const output = (stream: string, text: string) => ({
  type: 'output',
  stream,
  data: Buffer.from(text).toString('base64'),
})

export interface Setup {
  readonly backend: FirecrackerBackend
  readonly fake: FakeFirecracker
  readonly homeDir: string
  readonly layout: Layout
  /** What the backend told beside its results. */
  readonly problems: readonly unknown[]
  assertNothingLeft(): Promise<void>
}

export async function setUp(
  t: TestContext,
  script: FakeScript,
  env = {},
  extra: Pick<FirecrackerBackendOptions, 'watcher' | 'pool' | 'onStep'> = {},
): Promise<Setup> {
  const root = await mkdtemp(join(tmpdir(), 'vt-'))
  const layout = await layoutIn(root)
  const fake = new FakeFirecracker(script)
  const owner = await becomeOwner(layout)
  const releaseErrors: unknown[] = []
  const config = loadConfig({ VULCAN_FC_SCRATCH_MIB: '16', ...env }, layout.homeDir)
  const { ownerId } = owner
  const onError = (error: unknown) => releaseErrors.push(error)
  const backend = new FirecrackerBackend({
    ...extra,
    layout,
    config,
    ownerId,
    networks: new Networks({ layout, config, ownerId, readySlots: 0, onError }),
    bootId: await readBootId(),
    onReleaseError: onError,
    program: {
      name: 'firecracker',
      version: 'fake',
      reason: 'test',
      isolationStrength: 'emulated',
      binary: fake.binary,
      args: [],
      confinement: { kind: 'none' },
      bootTimeoutMs: 60_000,
    },
  })
  t.after(async () => {
    await backend.shutdown()
    await owner[Symbol.asyncDispose]()
    await fake[Symbol.asyncDispose]()
    await rm(root, { recursive: true })
  })
  return {
    backend,
    fake,
    homeDir: layout.homeDir,
    layout,
    problems: releaseErrors,
    async assertNothingLeft() {
      await backend.idle()
      assert.deepEqual(releaseErrors, [])
      assert.deepEqual(await readdir(join(layout.runDir, 'vms')), [])
      const scratch = join(layout.homeDir, 'scratch')
      const boots = await readdir(scratch).catch(() => [])
      const drives = await Promise.all(boots.map((boot) => readdir(join(scratch, boot))))
      assert.deepEqual(drives.flat(), [])
      await Promise.all(fake.vms.map((vm) => vm.ended))
    },
  }
}

export function spec(extra: Partial<WorkloadSpecInput> = {}): WorkloadSpec {
  return WorkloadSpec.parse({ id: IDS[0], runtime: 'python', code: 'print(1)', ...extra })
}

export const never = new AbortController().signal
