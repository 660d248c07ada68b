import { deleteAttachment } from './delete-attachment.ts'
import { releaseFilter } from './filter/slot-filter.ts'
import { deleteNetns } from './netns.ts'
import type { NetworkResource } from './resource.ts'

export interface ReleaseOptions {
  readonly signal?: AbortSignal
}

/**
 * Releases one resource of a slot; content with "already gone" and with "never made". After the end
 * of the guest's VMM, and in the reverse order of the records: the namespace last, since plugins
 * find in it what is theirs. Throws `NetworkError`, or the signal's reason.
 */
export async function releaseNetworkResource(
  resource: NetworkResource,
  { signal }: ReleaseOptions = {},
): Promise<void> {
  switch (resource.kind) {
    case 'netns':
      return deleteNetns(resource.name, signal)
    case 'cni':
      return deleteAttachment(resource, signal)
    case 'filter':
      return releaseFilter(resource, signal)
  }
}
