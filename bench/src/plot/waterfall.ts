import { duration } from '../report/figures.ts'
import { colour, picture, text } from './picture.ts'
import { element } from './xml.ts'

/** One part of a run, in ms from the send. */
export interface Span {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
}

const TOP = 44
const ROW = 26
const LEFT = 150
const RIGHT = 660

/** Where the time of one run goes, part by part. */
export function plotWaterfall(title: string, spans: readonly Span[]): string {
  const endMs = Math.max(1, ...spans.map(({ toMs }) => toMs))
  const x = (ms: number) => LEFT + (ms / endMs) * (RIGHT - LEFT)
  return picture(
    title,
    TOP + spans.length * ROW + 12,
    spans.flatMap(({ name, fromMs, toMs }, at) => {
      const y = TOP + at * ROW
      return [
        text(name, { x: LEFT - 8, y: y + 13, 'text-anchor': 'end' }),
        element('rect', {
          x: x(fromMs),
          y,
          width: Math.max(1, x(toMs) - x(fromMs)),
          height: 18,
          fill: colour(at),
        }),
        text(duration(toMs - fromMs), { x: x(toMs) + 6, y: y + 13 }),
      ]
    }),
  )
}
