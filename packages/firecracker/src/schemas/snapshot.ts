import * as z from 'zod'
import { defaulted, wireObject } from './wire-object.ts'

/** Body of `PUT /snapshot/create`; a `Diff` has only the pages that changed. */
export const snapshotCreate = wireObject({
  snapshotType: defaulted(z.enum(['Full', 'Diff'])),
  snapshotPath: z.string(),
  memFilePath: z.string(),
})

/** `Uffd` needs a program that takes file descriptors over a socket, and is not offered by the client. */
const memBackend = wireObject({
  backendType: z.enum(['File', 'Uffd']),
  backendPath: z.string(),
})

/**
 * Body of `PUT /snapshot/load`, which takes exactly one of `memBackend` and the deprecated
 * `memFilePath`. The memory file must stay as it is for the life of the VM.
 */
export const snapshotLoad = wireObject({
  snapshotPath: z.string(),
  memBackend: memBackend.optional(),
  memFilePath: z.string().optional(),
  enableDiffSnapshots: defaulted(z.boolean()),
  trackDirtyPages: defaulted(z.boolean()),
  resumeVm: defaulted(z.boolean()),
  networkOverrides: defaulted(
    z.array(wireObject({ ifaceId: z.string(), hostDevName: z.string() })),
  ),
  vsockOverride: wireObject({ udsPath: z.string() }).optional(),
  clockRealtime: defaulted(z.boolean()),
})

export type SnapshotCreate = z.output<typeof snapshotCreate>
export type SnapshotLoad = z.output<typeof snapshotLoad>
