import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { configFileOf, type MachineSettings, startVmm, type VmmProcess } from '@vulcan/firecracker'
import { HEADER, row, summarize } from '../statistics.ts'

const GO_SOURCES = resolve(import.meta.dirname, '../../vmm-start-go')
const WARM_UPS = 3
/** That both libraries and the file are for. */
const VERSION = '1.16.1'
const START_DEADLINE_MS = 30_000
const BOOT_ARGS = 'console=ttyS0 reboot=k panic=1 pci=off'

/** What every arm starts. */
export interface StartFiles {
  readonly firecracker: string
  readonly launch: string
  readonly kernel: string
  readonly drive: string
  /** Where the Go program is built. */
  readonly buildDir: string
}

/** One way to start a VM: the stages of one start in ms, the last of them `total`. */
type Arm = (directory: string) => Promise<Readonly<Record<string, number>>>

/**
 * From the spawn of Firecracker until its `InstanceStart` is acknowledged: our library, by calls and
 * by a configuration file, against firecracker-go-sdk with the same machine. The arms are
 * interleaved, every other round the other way round; neither counts its own program's start.
 */
export async function benchVmmStart(
  files: StartFiles,
  rounds: number,
  signal: AbortSignal,
): Promise<object> {
  await using goSdk = await startGoSdk(files)
  const arms: Readonly<Record<string, Arm>> = {
    'vulcan, by calls': (directory) => byCalls(files, directory),
    'vulcan, by a file': (directory) => byFile(files, directory),
    'firecracker-go-sdk, by calls': async (directory) => ({ total: await goSdk.start(directory) }),
  }
  const samples: Record<string, Record<string, number>[]> = {}
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    const order = Object.entries(arms)
    if (round % 2 !== 0) order.reverse()
    for (const [name, arm] of order) {
      signal.throwIfAborted()
      const sample = await inDirectory(arm)
      if (round < 0) continue
      samples[name] ??= []
      samples[name].push(sample)
    }
  }
  print(samples)
  return { name: 'vmm-start', samples }
}

function print(samples: Readonly<Record<string, readonly Record<string, number>[]>>): void {
  console.log(HEADER)
  const medians = new Map<string, number>()
  for (const [name, runs] of Object.entries(samples)) {
    for (const stage of Object.keys(runs[0] ?? {})) {
      const summary = summarize(runs.map((run) => run[stage] ?? Number.NaN))
      if (stage === 'total') medians.set(name, summary.p50)
      console.log(row(stage === 'total' ? name : `  ${stage}`, summary, 'ms'))
    }
  }
  const theirs = medians.get('firecracker-go-sdk, by calls') ?? Number.NaN
  for (const [name, median] of medians) {
    console.log(`firecracker-go-sdk takes ${(theirs / median).toFixed(2)} times as long as ${name}`)
  }
}

async function inDirectory(arm: Arm): Promise<Readonly<Record<string, number>>> {
  const directory = await mkdtemp(join(tmpdir(), 'vs-'))
  try {
    return await arm(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function byCalls(
  files: StartFiles,
  directory: string,
): Promise<Readonly<Record<string, number>>> {
  const stages = new Stages()
  await using vmm = await spawnFirecracker(files, directory, [])
  stages.end('process and API socket')
  await vmm.machine.configure(settings(files, directory))
  stages.end('configuration')
  await vmm.machine.start()
  stages.end('InstanceStart')
  return stages.all()
}

async function byFile(
  files: StartFiles,
  directory: string,
): Promise<Readonly<Record<string, number>>> {
  const stages = new Stages()
  const path = join(directory, 'config.json')
  const { config } = configFileOf(settings(files, directory), { version: VERSION })
  await writeFile(path, config)
  await using vmm = await spawnFirecracker(files, directory, ['--config-file', path])
  stages.end('process and API socket')
  // Firecracker answers when it has started the machine, or not at all.
  const { state } = await vmm.client.instanceInfo()
  if (state !== 'running') throw new Error(`the machine is ${state}`)
  stages.end('configuration and start')
  return stages.all()
}

function spawnFirecracker(
  files: StartFiles,
  directory: string,
  args: readonly string[],
): Promise<VmmProcess> {
  return startVmm({
    launchPath: files.launch,
    binary: files.firecracker,
    args,
    recordPath: join(directory, 'vmm.pid'),
    apiSocketPath: join(directory, 'api.sock'),
    env: {},
    startDeadlineMs: START_DEADLINE_MS,
  })
}

function settings({ kernel, drive }: StartFiles, directory: string): MachineSettings {
  return {
    machineConfig: { vcpuCount: 1, memSizeMib: 128 },
    bootSource: { kernelImagePath: kernel, bootArgs: BOOT_ARGS },
    drives: [{ driveId: 'root', pathOnHost: drive, isRootDevice: true, isReadOnly: true }],
    vsock: { guestCid: 3, udsPath: join(directory, 'v.sock') },
  }
}

/** The time that each stage took, since the one before it. */
class Stages {
  readonly #beganAtMs = performance.now()
  readonly #durationsMs: Record<string, number> = {}
  #lastMs = this.#beganAtMs

  end(stage: string): void {
    const nowMs = performance.now()
    this.#durationsMs[stage] = nowMs - this.#lastMs
    this.#lastMs = nowMs
  }

  all(): Readonly<Record<string, number>> {
    return { ...this.#durationsMs, total: this.#lastMs - this.#beganAtMs }
  }
}

/** Builds the Go program and starts it; it stays for all its runs. */
async function startGoSdk(
  files: StartFiles,
): Promise<AsyncDisposable & { start(directory: string): Promise<number> }> {
  await mkdir(files.buildDir, { recursive: true })
  const program = join(files.buildDir, 'vmm-start-go')
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: GO_SOURCES })
  const args = [files.firecracker, files.kernel, files.drive]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async start(directory) {
      child.stdin.write(`${directory}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the Go program has ended')
      return Number(value)
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}
