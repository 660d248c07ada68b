import type { ArtefactKind, ArtefactMeta } from './artefact-meta.ts'

/** What is passed down to whatever builds. */
export interface BuildContext {
  readonly signal?: AbortSignal | undefined
  /** Says what is being done now. */
  readonly report: (detail: string) => void
}

/** Something that can be built into the store. */
export interface Artefact {
  readonly name: string
  readonly kind: ArtefactKind
  /** Everything that decides what comes out; its JSON text is what the hash is of. */
  readonly recipe: unknown
  /** Free space that a build takes at its worst. */
  readonly neededBytes: number
  /** The links that lead to it: path in VULCAN_HOME → file in the artefact. */
  readonly links: Readonly<Record<string, string>>
  /**
   * Writes the artefact's files, and nothing else, into `output`; `work` takes what is to be thrown
   * away. Both are empty directories on the store's file system. Returns the versions for the meta.
   */
  build(
    directories: { readonly output: string; readonly work: string },
    context: BuildContext,
  ): Promise<Readonly<Record<string, string>>>
}

/** A finished artefact. */
export interface StoredArtefact {
  readonly directory: string
  readonly meta: ArtefactMeta
}
