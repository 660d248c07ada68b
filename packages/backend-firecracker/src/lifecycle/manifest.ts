import { appendFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { messageOf, VulcanError } from '@vulcan/schema'
import { keepEnd } from './ended.ts'
import type { Holding } from './holding.ts'
import type { Layout } from './layout.ts'
import { readLines } from './lines.ts'
import { Resource, releaseResource } from './resources.ts'

/** Something could not be given back; its manifest stays and is tried again. */
export class ReleaseError extends VulcanError<'release_failed'> {
  constructor(holding: Holding, cause: unknown) {
    super(
      'release_failed',
      `${holding.name} could not be released: ${messageOf(cause)}; what is left is named in ${holding.manifestPath} and will be tried again`,
      { cause },
    )
  }
}

/** The list of what a holding holds. A line is written before the thing it names is made. */
export class Manifest {
  readonly #holding: Holding

  constructor(holding: Holding) {
    this.#holding = holding
  }

  /** Makes the holding's directory: the first thing of it that others can see. */
  async open(): Promise<void> {
    await mkdir(this.#holding.path, { mode: 0o700 })
  }

  /**
   * Names a resource that is about to be made. One write of one line: it is in the file completely,
   * or the process died before it made anything.
   */
  record(resource: Resource): void {
    appendFileSync(this.#holding.manifestPath, `${JSON.stringify(resource)}\n`, { mode: 0o600 })
  }
}

/**
 * What a holding's manifest names, in the order in which it was made; nothing if it is gone. Of a
 * CNI chain, which is named again with each plugin's result, the last word counts.
 */
export async function readManifest(holding: Holding): Promise<Resource[]> {
  const resources = await readLines(holding.manifestPath, Resource)
  const lastChain = resources.findLast(({ kind }) => kind === 'cni')
  return resources.filter((resource) => resource.kind !== 'cni' || resource === lastChain)
}

/**
 * Gives back all that is held, last thing first, and the directory at the end, of which the end of
 * a VM is kept. The same for the owner and for one that claimed it. Throws `ReleaseError` at the
 * first resource that stays: what was made before it may still be in use by it.
 */
export async function releaseHolding(holding: Holding, layout: Layout): Promise<void> {
  try {
    const resources = await readManifest(holding)
    for (const resource of resources.toReversed()) {
      await releaseResource(resource, holding, layout)
    }
    if (holding.kind === 'vms') await keepEnd(layout, holding, resources)
    await rm(holding.path, { recursive: true, force: true })
  } catch (cause) {
    throw new ReleaseError(holding, cause)
  }
}
