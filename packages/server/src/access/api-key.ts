import { createHash, randomInt } from 'node:crypto'

/** Without "_" and "-", so that the parts can be told apart and a double click marks the whole key. */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_CHARACTERS = 12
/** 43 × log2(62) is just above 256 bits. */
const SECRET_CHARACTERS = 43
const FORM = new RegExp(`^vk_([0-9A-Za-z]{${ID_CHARACTERS}})_([0-9A-Za-z]{${SECRET_CHARACTERS}})$`)

/** What stands in an API key: `vk_<id>_<secret>`. */
export interface ApiKey {
  /** Finds the key's record, owns what is submitted with it, and is no secret. */
  readonly id: string
  readonly secret: string
}

export function newApiKey(): ApiKey {
  return { id: randomText(ID_CHARACTERS), secret: randomText(SECRET_CHARACTERS) }
}

/** As a caller sends it. */
export function formatApiKey({ id, secret }: ApiKey): string {
  return `${apiKeyPrefix(id)}_${secret}`
}

/** What of a key may be shown: enough to know it by. */
export function apiKeyPrefix(id: string): string {
  return `vk_${id}`
}

/** The id in what a person names a key by: the id itself, its prefix, or the whole key. */
export function idOfNamed(text: string): string {
  return /^vk_([^_]*)/.exec(text)?.[1] ?? text
}

/** Undefined for what cannot be a key. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [, id, secret] = FORM.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/**
 * What is stored in place of a secret. A slow hash would make the guessing of human passwords dear; of
 * 2^256 random secrets nobody tries a noticeable part at any price, and each request would pay.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function randomText(characters: number): string {
  return Array.from({ length: characters }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
