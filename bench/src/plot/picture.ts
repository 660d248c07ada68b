import { element, type Markup } from './xml.ts'

export const WIDTH = 760
const FONT = 'system-ui, sans-serif'
/** Told apart by people who see few colours, too (Okabe and Ito). */
const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#000000',
  '#999999',
]

/** A whole SVG file with a title, which whoever cannot see it hears. */
export function picture(title: string, height: number, parts: readonly Markup[]): string {
  const root = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      'font-family': FONT,
      'font-size': 12,
      role: 'img',
    },
    element('title', {}, title),
    element('rect', { width: WIDTH, height, fill: '#ffffff' }),
    text(title, { x: 16, y: 24, 'font-size': 15, 'font-weight': 600 }),
    ...parts,
  )
  return `${root.text.replaceAll('/><', '/>\n<').replaceAll('><', '>\n<')}\n`
}

export function text(words: string, attributes: Readonly<Record<string, string | number>>): Markup {
  return element('text', { fill: '#222222', ...attributes }, words)
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string): Markup {
  return element('line', { x1, y1, x2, y2, stroke })
}

/** Names beside their colours, one below the other. */
export function legend(names: readonly string[], x: number, y: number): Markup[] {
  return names.flatMap((name, at) => [
    element('rect', { x, y: y + at * 18, width: 12, height: 12, fill: colour(at) }),
    text(name, { x: x + 18, y: y + at * 18 + 10 }),
  ])
}

export function colour(at: number): string {
  return COLOURS[at % COLOURS.length] ?? '#000000'
}
