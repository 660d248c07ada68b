import { ConnectionError } from '../errors.ts'

const NEWLINE = 0x0a

/**
 * Cuts bytes into lines of text, and never holds more of one than `lineBytesMax`. What comes after
 * the last newline is dropped: it is half of something. Throws `ConnectionError` `answer_invalid`.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<string, void, undefined> {
  let decoder = new TextDecoder()
  let line = ''
  let bytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (;;) {
      const found = chunk.indexOf(NEWLINE, start)
      const end = found === -1 ? chunk.byteLength : found
      bytes += end - start
      if (bytes > lineBytesMax) {
        const words = `the server sent a line of more than ${lineBytesMax} bytes`
        throw new ConnectionError('answer_invalid', words)
      }
      line += decoder.decode(chunk.subarray(start, end), { stream: true })
      if (found === -1) break
      yield line + decoder.decode()
      decoder = new TextDecoder()
      line = ''
      bytes = 0
      start = found + 1
    }
  }
}
