/** Of an element, by name; their values are escaped. */
export type Attributes = Readonly<Record<string, string | number>>

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
/** What XML 1.0 has no place for, escaped or not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Markup that is not to be escaped again. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** One element, on one line. Numbers have at most two decimals. */
export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly (Markup | string)[]
): Markup {
  const written = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(format(value))}"`)
    .join('')
  if (children.length === 0) return new Markup(`<${name}${written}/>`)
  const inside = children.map((child) => (child instanceof Markup ? child.text : escaped(child)))
  return new Markup(`<${name}${written}>${inside.join('')}</${name}>`)
}

function escaped(text: string): string {
  return text.replaceAll(FORBIDDEN, '').replaceAll(/[&<>"]/g, (one) => ESCAPES[one] ?? '')
}

function format(value: string | number): string {
  return typeof value === 'string' ? value : String(Math.round(value * 100) / 100)
}
