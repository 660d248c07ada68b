/** Strings, with the colon after a name, and what opens and closes objects and lists. */
const TOKENS = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/gs

/**
 * The first name that comes twice in one object of `json`, which must be JSON. JSON.parse takes the
 * last of them, and Firecracker's parser (serde) neither.
 */
export function repeatedName(json: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, text = '', colon] of json.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    if (colon === undefined) continue
    const name = String(JSON.parse(text))
    const names = open.at(-1)
    if (names?.has(name)) return name
    names?.add(name)
  }
  return undefined
}
