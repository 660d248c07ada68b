/** One server-sent event as a browser would take it (HTML, 9.2.6). */
export interface SentEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** What a stream of events has, comments too: `: heartbeat`. */
export async function* readEvents(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<SentEvent | 'comment', void, undefined> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield toEvent(text.slice(0, end))
      text = text.slice(end + 2)
    }
  }
  if (text !== '') throw new Error(`the stream ends within an event: ${text}`)
}

/** All events but comments, until the stream ends. */
export async function allEvents(response: Response): Promise<SentEvent[]> {
  const found: SentEvent[] = []
  for await (const event of readEvents(response.body)) {
    if (event !== 'comment') found.push(event)
  }
  return found
}

function toEvent(text: string): SentEvent | 'comment' {
  if (text.startsWith(':')) return 'comment'
  // A lone CR ends a line here, too.
  const fields = new Map<string, string>()
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon)
    if (fields.has(name)) throw new Error(`an event has two lines: ${text}`)
    fields.set(name, line.slice(colon + 2))
  }
  return { id: fields.get('id'), event: fields.get('event'), data: fields.get('data') ?? '' }
}
