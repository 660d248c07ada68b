import { createHash } from 'node:crypto'
import { access, constants, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Host } from '@vulcan/host'
import { VulcanError } from '@vulcan/schema'
import release from '../../firecracker-release.json' with { type: 'json' }
import { buildDirectory } from '../build-directory.ts'
import { exists } from '../exists.ts'
import { libexecDir } from '../places.ts'
import { CommandFailedError, runCommand } from '../run-command.ts'
import type { Step, StepContext } from '../step.ts'
import { libexec } from './libexec.ts'

const { version: VERSION, url: URL, sha256: ARCHIVE_SHA256 } = release
const RELEASE = `release-v${VERSION}-x86_64`
const ARCHIVE = basename(URL)
const PROGRAMS = ['firecracker', 'jailer'] as const

/** The release could not be downloaded, or is not the one that was pinned. */
export class FirecrackerDownloadError extends VulcanError<'firecracker_download'> {
  constructor(problem: string, directory: string, options?: ErrorOptions) {
    super(
      'firecracker_download',
      `Firecracker ${VERSION} is not installed: ${problem}. Until it is, QEMU with KVM takes its place. ` +
        `To mend it, run this again when ${URL} can be reached, or put firecracker and jailer of that release into ${directory}.`,
      options,
    )
  }
}

/**
 * Firecracker's official release. With `isOfUse` only where KVM can be opened and that says so; that it
 * is of none is remembered until the machine reboots. Comes last, since only a trial boot tells.
 */
export function firecracker(
  home: string,
  isOfUse?: (signal: AbortSignal) => Promise<boolean>,
): Step {
  const directory = join(home, 'tools', `firecracker-${VERSION}`)
  const notNeeded = join(home, 'cache', `firecracker-${VERSION}-not-needed`)
  const link = libexec({
    firecracker: join(directory, 'firecracker'),
    jailer: join(directory, 'jailer'),
  })
  return {
    name: `Firecracker ${VERSION}`,
    estimate: { downloadMib: 8, diskMib: 10, seconds: 10 },
    async isDone() {
      if (await exists(directory)) return link.isDone()
      if (isOfUse === undefined) return false
      return (
        !(await canOpenKvm()) ||
        (await readFile(notNeeded, 'utf8').catch(() => '')) === (await bootId())
      )
    },
    async run(context) {
      if (!(await exists(directory))) {
        if (isOfUse !== undefined && !(await isOfUse(context.signal))) {
          context.conclude('not needed, since KVM boots no guest on this machine')
          await mkdir(dirname(notNeeded), { recursive: true })
          return writeFile(notNeeded, await bootId())
        }
        if (!(await tryInstall(directory, context))) return context.conclude('not installed')
      }
      await link.run(context)
    },
  }
}

/** A machine without it still runs workloads, so set-up goes on, and says what is missing. */
async function tryInstall(directory: string, context: StepContext): Promise<boolean> {
  try {
    await installFirecracker(directory, { url: URL, sha256: ARCHIVE_SHA256 }, context)
    return true
  } catch (error) {
    if (!(error instanceof FirecrackerDownloadError)) throw error
    process.stderr.write(`set-up: ${error.message}\n`)
    return false
  }
}

/**
 * Downloads and unpacks the release into `directory`, whole or not at all. Throws
 * `FirecrackerDownloadError` when it cannot be had or has another checksum.
 */
export async function installFirecracker(
  directory: string,
  source: { readonly url: string; readonly sha256: string },
  { signal, report }: Pick<StepContext, 'signal' | 'report'>,
): Promise<void> {
  await buildDirectory(directory, async (building) => {
    const archive = join(building, ARCHIVE)
    const curl = ['--fail', '--location', '--silent', '--show-error', '--max-time', '300']
    try {
      report('downloading')
      await runCommand('curl', [...curl, '--output', archive, source.url], { signal })
    } catch (cause) {
      if (!(cause instanceof CommandFailedError)) throw cause
      throw new FirecrackerDownloadError(cause.outputTail || cause.message, directory, { cause })
    }
    const sha256 = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex')
    if (sha256 !== source.sha256) {
      throw new FirecrackerDownloadError(
        `what was downloaded has the checksum ${sha256}`,
        directory,
      )
    }
    await runCommand('tar', ['-xzf', archive, '-C', building], { signal })
    for (const program of PROGRAMS) {
      await rename(
        join(building, RELEASE, `${program}-v${VERSION}-x86_64`),
        join(building, program),
      )
    }
    await rm(join(building, RELEASE), { recursive: true })
    await rm(archive)
  })
}

async function canOpenKvm(): Promise<boolean> {
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Whether it does, by the host's own preflight, with QEMU, which is there already, and the images. */
export async function kvmBootsGuest(signal: AbortSignal): Promise<boolean> {
  const env = { ...process.env, VULCAN_VMM: 'qemu', VULCAN_LIBEXEC: libexecDir }
  await using host = await Host.open({ env, signal, onNotice: () => undefined })
  return host.vmm?.isolationStrength === 'hardware'
}

async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8')
}
