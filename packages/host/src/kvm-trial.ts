import { stat } from 'node:fs/promises'
import {
  FirecrackerBackend,
  type FirecrackerBackendOptions,
  type TrialBoot,
  type VmmProgram,
} from '@vulcan/backend-firecracker'
import { ImageDamagedError, ImageMissingError, resolveImage, resolveRootfs } from '@vulcan/images'
import { RUNTIMES, type Runtime } from '@vulcan/schema'
import { ulid } from 'ulid'
import { FileHashes } from './file-hashes.ts'
import type { VmmSetting } from './place-variables.ts'
import { PreflightCache } from './preflight-cache.ts'
import { type Candidate, kvmCandidates, kvmDeviceFinding } from './vmm-choice.ts'

/** Whether KVM runs guests on this machine, and what showed it. */
export interface KvmFinding {
  readonly finding: string
  /** The VMM that boots a guest with KVM; undefined where none does. */
  readonly program: VmmProgram | undefined
}

export interface TrialOptions {
  readonly signal: AbortSignal
  /** Tries VMMs again that lately did not boot a guest. */
  readonly retryTrials: boolean
}

/** All of a backend but what is to be found out. */
export type TrialHost = Omit<FirecrackerBackendOptions, 'program'>

/**
 * How long a boot may take of which nobody knows how fast the machine is: one whose processor is
 * emulated needs some ten seconds, and one where it hangs is asked again after ten minutes only.
 */
const TRIAL_TIMEOUT_MS = 60_000

/** Finds the first VMM that boots a guest with KVM: a device that opens proves nothing. */
export async function tryKvm(
  host: TrialHost,
  setting: VmmSetting,
  options: TrialOptions,
): Promise<KvmFinding> {
  const device = await kvmDeviceFinding()
  if (device !== undefined) return { finding: device, program: undefined }
  const candidates = await kvmCandidates(host.layout, host.config, setting)
  const findings: string[] = []
  for (const candidate of candidates) {
    const label = labelOf(candidate)
    const { boots, words, isConclusive, bootMs } = await tryBoot(host, candidate, options)
    if (boots) {
      const bootTimeoutMs = Math.max(candidate.bootTimeoutMs, 8 * (bootMs ?? 0))
      const reason = 'KVM boots a guest on this machine'
      const finding = `${label} boots a guest with KVM`
      return { finding, program: { ...candidate, bootTimeoutMs, reason } }
    }
    const verdict = isConclusive ? 'boots no guest' : 'could not be tried'
    findings.push(`${label} ${verdict} with KVM (${firstLine(words)})`)
  }
  const none =
    setting === 'firecracker' || host.config.jailerEnabled
      ? 'Firecracker is not installed'
      : 'no VMM that could use /dev/kvm is installed'
  const finding = findings.join('; ') || none
  return { finding, program: undefined }
}

function labelOf({ name, version }: Candidate): string {
  return name === 'firecracker' ? `Firecracker ${version}` : 'QEMU'
}

async function tryBoot(
  host: TrialHost,
  candidate: Candidate,
  options: TrialOptions,
): Promise<TrialBoot> {
  try {
    return await findOut(host, candidate, options)
  } catch (error) {
    if (!(error instanceof ImageMissingError || error instanceof ImageDamagedError)) throw error
    return { boots: false, isConclusive: false, words: error.message, bootMs: null }
  }
}

/** Throws `ImageMissingError` or `ImageDamagedError` where there is nothing to try it with. */
async function findOut(
  host: TrialHost,
  candidate: Candidate,
  { signal, retryTrials }: TrialOptions,
): Promise<TrialBoot> {
  const key = await trialKey(host, candidate, signal)
  const cache = new PreflightCache(host.layout.runDir)
  const known = await cache.find(key)
  if (known?.boots === true || (known !== undefined && !retryTrials)) return known
  const runtime = await anyRuntime(host)
  const program = { ...candidate, bootTimeoutMs: TRIAL_TIMEOUT_MS, reason: 'trial' }
  const backend = new FirecrackerBackend({ ...host, program })
  const outcome = await backend.trialBoot(ulid(), runtime, signal)
  signal.throwIfAborted()
  if (outcome.isConclusive) await cache.keep(key, outcome)
  return outcome
}

/** Any image will do; one that is damaged is told before one that is missing. */
async function anyRuntime({ config }: TrialHost): Promise<Runtime> {
  const errors: unknown[] = []
  for (const runtime of RUNTIMES) {
    try {
      await resolveRootfs({ rootfsDir: config.rootfsDir, runtime })
      return runtime
    } catch (error) {
      errors.push(error)
    }
  }
  throw errors.find((error) => error instanceof ImageDamagedError) ?? errors[0]
}

/** Another VMM, kernel, initrd or boot is another question. */
async function trialKey(
  { layout, config, bootId }: TrialHost,
  candidate: Candidate,
  signal: AbortSignal,
): Promise<string> {
  const kernel = await fileOf('kernel', config.kernelPath)
  const initrd = await fileOf('initrd', config.initrdPath)
  const hashes = new FileHashes(layout.runDir)
  const parts = [candidate.name, ...candidate.args, bootId]
  // One after the other: each is remembered in the same file.
  for (const path of [...candidate.files, kernel, initrd]) {
    parts.push(await hashes.sha256(path, signal))
  }
  return parts.join(' ')
}

async function fileOf(kind: 'kernel' | 'initrd', link: string): Promise<string> {
  const { path } = await resolveImage(kind, link)
  if (!(await stat(path)).isFile()) throw new ImageMissingError(kind, link)
  return path
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
