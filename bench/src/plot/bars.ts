import { line, picture, text, WIDTH } from './picture.ts'
import { element } from './xml.ts'

/** A ratio and where it should be. */
export interface Bar {
  readonly name: string
  readonly value: number
  readonly label: string
  /** The goal, on the same scale. */
  readonly mark: number
  readonly isMet: boolean
}

const TOP = 44
const ROW = 46
const LEFT = 16
const RIGHT = 600
const MET = '#009e73'
const MISSED = '#d55e00'

/** One bar for each ratio, each on a scale of its own in which the goal is in the middle. */
export function plotBars(title: string, bars: readonly Bar[]): string {
  const width = RIGHT - LEFT
  const middle = LEFT + width / 2
  return picture(
    title,
    TOP + bars.length * ROW + 12,
    bars.flatMap(({ name, value, label, mark, isMet }, at) => {
      const y = TOP + at * ROW
      const share = Math.min(1, value / (2 * mark))
      return [
        text(name, { x: LEFT, y: y + 12 }),
        element('rect', { x: LEFT, y: y + 18, width, height: 14, fill: '#eeeeee' }),
        element('rect', {
          x: LEFT,
          y: y + 18,
          width: Math.max(1, share * width),
          height: 14,
          fill: isMet ? MET : MISSED,
        }),
        line(middle, y + 15, middle, y + 35, '#000000'),
        text(label, { x: WIDTH - 16, y: y + 30, 'text-anchor': 'end' }),
      ]
    }),
  )
}
