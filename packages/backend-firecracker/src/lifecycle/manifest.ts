import { appendFileSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { VulcanError } from '@vulcan/schema'
import { hasErrno } from '../errno.ts'
import type { Layout, VmDirectory } from './layout.ts'
import { Resource, releaseResource } from './resources.ts'

/** Something a VM held could not be given back; its directory stays and is tried again. */
export class ReleaseError extends VulcanError<'release_failed'> {
  constructor(directory: VmDirectory, cause: unknown) {
    super(
      'release_failed',
      `VM ${directory.vmId} could not be released: ${cause instanceof Error ? cause.message : String(cause)}; what is left is named in ${directory.manifestPath} and will be tried again by the next vulcan process`,
      { cause },
    )
  }
}

/** The list of what one VM holds. A line is written before the thing it names is made. */
export class Manifest {
  readonly #directory: VmDirectory

  constructor(directory: VmDirectory) {
    this.#directory = directory
  }

  /** Makes the VM's directory: the first thing of a VM that others can see. */
  async open(): Promise<void> {
    await mkdir(this.#directory.path, { mode: 0o700 })
  }

  /**
   * Names a resource that is about to be made. One write of one line: it is in the file completely,
   * or the process died before it made anything.
   */
  record(resource: Resource): void {
    appendFileSync(this.#directory.manifestPath, `${JSON.stringify(resource)}\n`, { mode: 0o600 })
  }
}

/**
 * Gives back all that a VM holds, last thing first, and its directory at the end. The same for the
 * VM's own process and for one that claimed it. Throws `ReleaseError` at the first resource that
 * stays: what was made before it may still be in use by it.
 */
export async function releaseVm(directory: VmDirectory, layout: Layout): Promise<void> {
  try {
    for (const resource of (await readManifest(directory)).reverse()) {
      await releaseResource(resource, directory, layout)
    }
    await rm(directory.path, { recursive: true, force: true })
  } catch (cause) {
    throw new ReleaseError(directory, cause)
  }
}

async function readManifest(directory: VmDirectory): Promise<Resource[]> {
  const text = await readFile(directory.manifestPath, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return ''
    throw error
  })
  // What follows the last newline was cut off by the writer's death, before its resource was made.
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => Resource.parse(JSON.parse(line)))
}
