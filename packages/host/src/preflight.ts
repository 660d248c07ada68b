import { stat } from 'node:fs/promises'
import {
  FirecrackerBackend,
  type FirecrackerBackendOptions,
  type FirecrackerConfig,
  type TrialBoot,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import { resolveImage } from '@vulcan/images'
import { VulcanError } from '@vulcan/schema'
import { ulid } from 'ulid'
import { PreflightCache } from './preflight-cache.ts'
import {
  type Candidate,
  kvmCandidates,
  kvmDeviceFinding,
  qemu,
  type VmmSetting,
} from './vmm-choice.ts'

/** `VULCAN_VMM=firecracker` was asked for, and no Firecracker boots a guest here. */
export class NoVmmError extends VulcanError<'no_vmm'> {
  constructor(finding: string) {
    super(
      'no_vmm',
      `VULCAN_VMM is "firecracker", but ${finding}: set VULCAN_VMM=auto, or mend it (see "vulcan doctor")`,
    )
  }
}

/** Any image will do; this one is built first. */
const TRIAL_RUNTIME = 'python'

interface Preflight {
  readonly signal: AbortSignal
  /** Whether a failure that is remembered counts. */
  readonly retryTrials: boolean
}

type Trial = Omit<FirecrackerBackendOptions, 'program'>

/**
 * Chooses the VMM: with KVM where KVM really boots a guest, since a device that opens proves
 * nothing, and in software elsewhere. Throws `NoVmmError`, and `ImageMissingError` without a kernel.
 */
export async function chooseVmm(
  trial: Trial,
  setting: VmmSetting,
  how: Preflight,
): Promise<VmmProgram> {
  const findings: string[] = []
  const device = await kvmDeviceFinding()
  if (device !== undefined) findings.push(device)
  const candidates =
    device === undefined ? await kvmCandidates(trial.layout, trial.config, setting) : []
  for (const candidate of candidates) {
    const { boots, words, bootMs } = await tryBoot(trial, candidate, how)
    if (!boots) findings.push(`${candidate.name} with KVM boots no guest (${firstLine(words)})`)
    else {
      const bootTimeoutMs = Math.max(candidate.bootTimeoutMs, 8 * (bootMs ?? 0))
      return { ...candidate, bootTimeoutMs, reason: 'KVM boots a guest on this machine' }
    }
  }
  if (setting === 'firecracker') throw new NoVmmError(findings.at(-1) ?? 'it is not installed')
  return { ...qemu(trial.layout, 'tcg'), reason: findings.join('; ') }
}

async function tryBoot(
  trial: Trial,
  candidate: Candidate,
  { signal, retryTrials }: Preflight,
): Promise<TrialBoot> {
  const cache = new PreflightCache(trial.layout.runDir)
  const key = await trialKey(candidate, trial.config)
  const known = await cache.find(key)
  if (known?.boots === true || (known !== undefined && !retryTrials)) return known
  const backend = new FirecrackerBackend({ ...trial, program: { ...candidate, reason: 'trial' } })
  const outcome = await backend.trialBoot(ulid(), TRIAL_RUNTIME, signal)
  signal.throwIfAborted()
  await cache.keep(key, outcome)
  return outcome
}

/** Another VMM or another kernel is another question. Store paths carry the hash of what they hold. */
async function trialKey(candidate: Candidate, config: FirecrackerConfig): Promise<string> {
  const { size, mtimeMs } = await stat(candidate.binary)
  const kernel = await resolveImage('kernel', config.kernelPath)
  return [candidate.name, ...candidate.args, size, mtimeMs, kernel.path].join(' ')
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
