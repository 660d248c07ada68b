/** Output in JSON: as text, or as base64 where it is not UTF-8. */
export function encodeOutput(bytes: Uint8Array): { text: string; encoding: 'utf-8' | 'base64' } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { text, encoding: 'utf-8' }
  } catch {
    return { text: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
  }
}
