import * as z from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What can be in the store. */
const artefactKindSchema = z.enum(['kernel', 'initrd', 'rootfs', 'scratch'])
export type ArtefactKind = z.infer<typeof artefactKindSchema>

const metaFileSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  kind: artefactKindSchema,
  recipe_hash: sha256,
  arch: z.literal('x86_64'),
  versions: z.record(z.string(), z.string()),
  created_at: z.iso.datetime(),
  files: z.array(
    z.strictObject({
      // A path inside the artefact's directory, never out of it.
      path: z.string().regex(/^[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)*$/),
      size_bytes: z.int().nonnegative(),
      sha256,
    }),
  ),
})

/** One file of an artefact. */
export interface ArtefactFile {
  readonly path: string
  readonly sizeBytes: number
  readonly sha256: string
}

/** What `meta.json` says of an artefact. */
export interface ArtefactMeta {
  readonly name: string
  readonly kind: ArtefactKind
  readonly recipeHash: string
  readonly arch: 'x86_64'
  /** Versions of what is inside, the artefact's own first. */
  readonly versions: Readonly<Record<string, string>>
  readonly createdAt: string
  readonly files: readonly ArtefactFile[]
}

/** Reads the text of a `meta.json`. Throws SyntaxError or ZodError where it is none. */
export function decodeMeta(text: string): ArtefactMeta {
  const {
    recipe_hash,
    created_at,
    files,
    format: _,
    ...rest
  } = metaFileSchema.parse(JSON.parse(text))
  return {
    ...rest,
    recipeHash: recipe_hash,
    createdAt: created_at,
    files: files.map(({ size_bytes, ...file }) => ({ ...file, sizeBytes: size_bytes })),
  }
}

/** The text of the `meta.json` that says this. */
export function encodeMeta({ recipeHash, createdAt, files, ...rest }: ArtefactMeta): string {
  const file: z.infer<typeof metaFileSchema> = {
    format: 1,
    ...rest,
    versions: { ...rest.versions },
    recipe_hash: recipeHash,
    created_at: createdAt,
    files: files.map(({ sizeBytes, ...entry }) => ({ ...entry, size_bytes: sizeBytes })),
  }
  return `${JSON.stringify(metaFileSchema.parse(file), null, 2)}\n`
}
