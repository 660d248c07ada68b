import type { ArmName } from '../../src/arms.ts'
import { QUICK } from '../../src/plan.ts'
import type { Burst, Result, Sample, Series } from '../../src/result.ts'

const PHASES = [
  { phase: 'image', atMs: 1 },
  { phase: 'booting', atMs: 20 },
  { phase: 'running', atMs: 700 },
  { phase: 'ended', atMs: 980 },
]
const RELEASED = { durationMs: 980, releases: 1, releaseMs: 40, releasedBeforeAnswer: 0 }

/** A series of Python runs. */
export function series(arm: ArmName, ms: readonly (number | null)[], more: Partial<Series> = {}) {
  const samples = ms.map((one): Sample => (one === null ? { ms: null, error: 'no' } : { ms: one }))
  return { arm, runtime: 'python', samples, ...more } satisfies Series
}

function burst(arm: ArmName, lastMs: number): Burst {
  const samples = Array.from({ length: 10 }, () => ({ ms: lastMs }))
  return { arm, runtime: 'python', atOnce: 10, samples, lastMs }
}

/** A result of Python runs whose figures are easy to do in one's head. */
export function exampleResult(changes: Partial<Result> = {}): Result {
  const cold = series('cold', [1000, 1010, 990])
  return {
    format: 1,
    plan: { ...QUICK, runtimes: ['python'] },
    startedAt: '2026-11-22T00:00:00.000Z',
    endedAt: '2026-11-22T00:10:00.000Z',
    machine: {
      cpu: 'A <processor> & "more"',
      cores: 2,
      memoryMib: 4096,
      kernel: '6.1.0',
      system: 'Debian',
      isVirtual: true,
      loadAtStart: 0.1,
      node: 'v26.0.0',
      commit: '0123456789ab',
      vmm: 'vulcan-vmm 0.1.0, QEMU 7.2.0',
      isolation: 'emulated',
      guestCommandLine: 'quiet',
    },
    series: [
      {
        ...cold,
        samples: cold.samples.map((sample) => ({ ...sample, phases: PHASES, facts: RELEASED })),
      },
      series('by-hand', [1000, 1000, 1000]),
      series('warm-vm', [110, 110, 110]),
      series('warm-interpreter', [10, 10, 10]),
      series('open-vm', [100, 100, 100]),
      series('echo', [1, 1, 1, 1]),
      series('docker', [], { unavailable: 'docker is not here' }),
    ],
    bursts: [5000, 5050, 4950].flatMap((lastMs) => [
      burst('cold', lastMs),
      burst('warm-interpreter', lastMs / 20),
    ]),
    costs: [
      { kind: 'cold', runtime: 'python', pssMib: 210, cpuMs: 4000, idleCpuShare: 0.01 },
      { kind: 'warm', runtime: 'python', pssMib: 211, cpuMs: 4100, idleCpuShare: 0.008 },
    ],
    idle: { warmVms: 10, seconds: 10, cpuShare: 0.002 },
    missing: [],
    ...changes,
  }
}
