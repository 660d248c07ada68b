import { isUtf8 } from 'node:buffer'
import type { VmmApiRequest } from './vmm-api.ts'

/** Firecracker's default for `--http-api-max-payload-size`. */
export const BODY_BYTES_MAX = 51_200
/** Firecracker reads into a buffer of this size, and a line must fit with its end. */
const BUFFER_BYTES = 1024
const LINE_END = '\r\n'
const METHODS: ReadonlySet<string> = new Set(['GET', 'PUT', 'PATCH', 'DELETE'])

/** What a connection's bytes come to, in order. */
export type Parsed =
  | { readonly kind: 'request'; readonly request: VmmApiRequest }
  /** The sender waits for a word before it sends the body. */
  | { readonly kind: 'continue' }
  | { readonly kind: 'unreadable'; readonly reason: string }

interface Head {
  readonly method: string
  readonly path: string
  lengthBytes: number
  expectsContinue: boolean
}

class UnreadableError extends Error {}

/**
 * Reads HTTP as Firecracker's own server (micro_http) does: its limits, what it heeds of the
 * headers, its words, and that it goes on after what it could not read.
 */
export class RequestParser {
  readonly #bodyBytesMax: number
  #buffer = Buffer.alloc(0)
  #head: Head | undefined
  #body: Buffer[] | undefined
  #missingBytes = 0

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax
  }

  *parse(chunk: Buffer): Generator<Parsed> {
    for (let rest = chunk; rest.length > 0; ) {
      const room = BUFFER_BYTES - this.#buffer.length
      const piece = rest.subarray(0, room)
      rest = rest.subarray(room)
      this.#buffer = Buffer.concat([this.#buffer, piece])
      yield* this.#parseBuffer()
    }
  }

  /** What came before something unreadable in the same buffer is dropped with it. */
  #parseBuffer(): readonly Parsed[] {
    const parsed: Parsed[] = []
    try {
      while (this.#step(parsed));
      return parsed
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      this.#buffer = Buffer.alloc(0)
      const unanswered = parsed.filter(({ kind }) => kind !== 'request')
      return [...unanswered, { kind: 'unreadable', reason: error.message }]
    }
  }

  /** False where more bytes must come. */
  #step(parsed: Parsed[]): boolean {
    if (this.#body !== undefined) return this.#readBody(parsed, this.#body)
    const line = this.#takeLine()
    if (line === undefined) return false
    if (this.#head === undefined) {
      this.#head = parseRequestLine(line)
    } else if (line.length > 0) {
      parseHeader(line, this.#head)
    } else {
      this.#endHead(parsed, this.#head)
    }
    return true
  }

  #takeLine(): Buffer | undefined {
    const end = this.#buffer.indexOf(LINE_END)
    if (end !== -1) {
      const line = this.#buffer.subarray(0, end)
      this.#buffer = this.#buffer.subarray(end + LINE_END.length)
      return line
    }
    if (this.#buffer.length < BUFFER_BYTES) return undefined
    if (this.#head === undefined) throw new UnreadableError('Invalid request.')
    throw invalidHeader(`Invalid content length. Header: ${this.#buffer}`)
  }

  #endHead(parsed: Parsed[], head: Head): void {
    const { lengthBytes, expectsContinue } = head
    if (lengthBytes > this.#bodyBytesMax) {
      throw new UnreadableError(
        `Request payload with size ${lengthBytes} is larger than the limit of ${this.#bodyBytesMax} allowed by server.`,
      )
    }
    if (lengthBytes === 0) {
      this.#endRequest(parsed, head, '')
      return
    }
    if (expectsContinue) parsed.push({ kind: 'continue' })
    this.#body = []
    this.#missingBytes = lengthBytes
  }

  #readBody(parsed: Parsed[], body: Buffer[]): boolean {
    const piece = this.#buffer.subarray(0, this.#missingBytes)
    body.push(piece)
    this.#missingBytes -= piece.length
    this.#buffer = this.#buffer.subarray(piece.length)
    if (this.#missingBytes > 0 || this.#head === undefined) return false
    this.#endRequest(parsed, this.#head, Buffer.concat(body).toString())
    return true
  }

  #endRequest(parsed: Parsed[], { method, path }: Head, body: string): void {
    this.#head = undefined
    this.#body = undefined
    parsed.push({ kind: 'request', request: { method, path, body } })
  }
}

function parseRequestLine(line: Buffer): Head {
  const [, method = '', uri = '', version = ''] = /^([^ ]*) ([^ ]*) (.*)$/s.exec(`${line}`) ?? []
  if (!/ .* /s.test(`${line}`)) throw new UnreadableError('Invalid request.')
  if (!METHODS.has(method)) {
    throw new UnreadableError('Invalid HTTP Method: Unsupported HTTP method.')
  }
  if (uri === '') throw new UnreadableError('Invalid URI: Empty URI not allowed.')
  if (!isUtf8(line)) throw new UnreadableError('Invalid URI: Cannot parse URI as UTF-8.')
  if (version !== 'HTTP/1.0' && version !== 'HTTP/1.1') {
    throw new UnreadableError('Invalid HTTP Version: Unsupported HTTP version.')
  }
  return { method, path: absolutePath(uri), lengthBytes: 0, expectsContinue: false }
}

/** Without scheme and host; empty where there is no path. */
function absolutePath(uri: string): string {
  const [path] = /\/.*$/s.exec(uri.replace(/^http:\/\/[^/]*/, '')) ?? ['']
  return uri.startsWith('/') || uri.startsWith('http://') ? path : ''
}

/** Takes what it heeds of a header line into `head`; most headers mean nothing. */
function parseHeader(line: Buffer, head: Head): void {
  if (!isUtf8(line)) throw invalidHeader('Header contains invalid characters.')
  const text = line.toString()
  const colon = text.indexOf(':')
  if (colon === -1) throw invalidHeader(`Header is incorrectly formatted. Key: ${text}`)
  const name = text.slice(0, colon)
  const value = text.slice(colon + 1)
  switch (name.trim().toLowerCase()) {
    case 'content-length':
      if (!/^\s*\+?\d+\s*$/.test(value) || Number(value) >= 2 ** 32) throw invalidValue(name, value)
      head.lengthBytes = Number(value)
      break
    case 'expect':
      head.expectsContinue ||= value.trim() === '100-continue'
      break
    case 'accept-encoding':
      checkEncoding(value.trim())
      break
  }
}

/** Answers are never encoded, which a client may exclude. */
function checkEncoding(value: string): void {
  if (value === '') throw new UnreadableError('Invalid request.')
  for (const encoding of value.split(',').map((part) => part.trim())) {
    const excludes = encoding === '*;q=0' && !value.includes('identity')
    if (excludes || encoding === 'identity;q=0') throw invalidValue('Accept-Encoding', encoding)
  }
}

function invalidHeader(reason: string): UnreadableError {
  return new UnreadableError(`Invalid header. Reason: ${reason}`)
}

function invalidValue(name: string, value: string): UnreadableError {
  return invalidHeader(`Invalid value. Key:${name}; Value:${value}`)
}
