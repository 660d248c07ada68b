import assert from 'node:assert/strict'

const TAG = /<(\/?)([\w:-]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/y
const TEXT = /[^<&]*(?:&(?:amp|lt|gt|quot|#\d+);[^<&]*)*/y

/** Fails unless the text is one XML element with what belongs into it (XML 1.0, without a prologue). */
export function assertWellFormed(xml: string): void {
  const text = xml.trim()
  const open: string[] = []
  let at = 0
  while (at < text.length) {
    TAG.lastIndex = at
    const tag = TAG.exec(text)
    assert.ok(tag, `no tag at ${at}: ${text.slice(at, at + 80)}`)
    const [all, closing, name = '', attributes = '', empty] = tag
    assertAttributes(attributes)
    if (closing === '/') assert.equal(open.pop(), name)
    else if (empty !== '/') open.push(name)
    at += all.length
    assert.ok(open.length > 0 || at === text.length, `something after the root: ${text.slice(at)}`)
    TEXT.lastIndex = at
    at += TEXT.exec(text)?.[0].length ?? 0
  }
  assert.deepEqual(open, [])
}

function assertAttributes(attributes: string): void {
  const names = [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, name, value = '']) => {
    assert.doesNotMatch(value, /&(?!amp;|lt;|gt;|quot;)/)
    return name
  })
  assert.equal(new Set(names).size, names.length, `an attribute is there twice: ${attributes}`)
}
