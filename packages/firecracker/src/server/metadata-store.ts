import type { Metadata } from '../schemas/mmds.ts'
import { Fault } from './fault.ts'

/** Firecracker's default of `--mmds-size-limit`. */
const SIZE_BYTES_MAX = 51_200

/** What a guest can read from the metadata service, of limited size as JSON. */
export class MetadataStore {
  readonly #sizeBytesMax: number
  #value: Metadata | undefined

  constructor(sizeBytesMax: number = SIZE_BYTES_MAX) {
    this.#sizeBytesMax = sizeBytesMax
  }

  /** Undefined before the first `put`. */
  get(): Metadata | undefined {
    return this.#value
  }

  /** What `get` is to be after a `put`. Throws `Fault`. */
  put(value: Metadata): Metadata {
    return this.#withinLimit(value)
  }

  /** What `get` is to be after a merge patch (RFC 7396). Throws `Fault`. */
  patch(patch: Metadata): Metadata {
    if (this.#value === undefined) {
      throw metadataMissing()
    }
    return this.#withinLimit(merge(this.#value, patch))
  }

  set(value: Metadata): void {
    this.#value = value
  }

  #withinLimit(value: Metadata): Metadata {
    if (Buffer.byteLength(JSON.stringify(value)) <= this.#sizeBytesMax) return value
    throw new Fault("MMDS limit exceeded error: The MMDS patch request doesn't fit.", {
      status: 413,
    })
  }
}

export function metadataMissing(): Fault {
  return new Fault('MMDS error: The MMDS data store is not initialized.')
}

function merge(target: Metadata, patch: Metadata): Metadata {
  if (!isObject(patch)) return patch
  const merged = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, merge(merged.get(name) ?? null, value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: Metadata): value is Record<string, Metadata> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
