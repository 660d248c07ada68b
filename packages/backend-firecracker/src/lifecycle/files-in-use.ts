import type { Layout } from './layout.ts'
import { readManifest } from './manifest.ts'
import { listHoldings } from './recover.ts'

/** The files of the store that VMs of this run directory use, as their manifests name them. */
export async function listFilesInUse(layout: Layout): Promise<Set<string>> {
  const files = new Set<string>()
  for (const holding of await listHoldings(layout)) {
    for (const resource of await readManifest(holding)) {
      if (resource.kind === 'image') files.add(resource.path)
    }
  }
  return files
}
