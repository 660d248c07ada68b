import { duration } from '../report/figures.ts'
import { colour, legend, line, picture, text } from './picture.ts'
import { element, type Markup } from './xml.ts'

/** The times of one arm, in ms; only those above 0 can be shown. */
export interface Distribution {
  readonly name: string
  readonly values: readonly number[]
}

const LEFT = 60
const RIGHT = 740
const TOP = 48
const BOTTOM = 300
const AXIS_HEIGHT = 40
const LEGEND_ROW = 18
const SHARES = [0, 0.25, 0.5, 0.75, 1]

/** How many of the runs of each arm took at most how long, on a logarithmic scale. */
export function plotDistributions(title: string, arms: readonly Distribution[]): string {
  const shown = arms
    .map(({ name, values }) => ({ name, values: values.filter((value) => value > 0) }))
    .filter(({ values }) => values.length > 0)
  const all = shown.flatMap(({ values }) => values)
  const [low, high] = decades(all)
  const x = (ms: number) => LEFT + ((Math.log10(ms) - low) / (high - low)) * (RIGHT - LEFT)
  const y = (share: number) => BOTTOM - share * (BOTTOM - TOP)
  const height = BOTTOM + AXIS_HEIGHT + shown.length * LEGEND_ROW + 12
  return picture(title, height, [
    ...SHARES.flatMap((share) => [
      line(LEFT, y(share), RIGHT, y(share), '#dddddd'),
      text(`${share * 100} %`, { x: LEFT - 8, y: y(share) + 4, 'text-anchor': 'end' }),
    ]),
    ...Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at)).flatMap((ms) => [
      line(x(ms), TOP, x(ms), BOTTOM, '#dddddd'),
      text(axisLabel(ms), { x: x(ms), y: BOTTOM + 18, 'text-anchor': 'middle' }),
    ]),
    ...shown.map(({ values }, at) => steps(values, x, y, colour(at))),
    ...legend(
      shown.map(({ name, values }) => `${name} (${values.length})`),
      LEFT,
      BOTTOM + AXIS_HEIGHT - 8,
    ),
  ])
}

/** The powers of ten around all values, two of them at least. */
function decades(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1]
  const low = Math.floor(Math.log10(values.reduce((a, b) => Math.min(a, b))))
  const high = Math.ceil(Math.log10(values.reduce((a, b) => Math.max(a, b))))
  return [low, Math.max(high, low + 1)]
}

function axisLabel(ms: number): string {
  return ms >= 1000 ? `${ms / 1000} s` : duration(ms).replace(/\.0+ /, ' ')
}

function steps(
  values: readonly number[],
  x: (ms: number) => number,
  y: (share: number) => number,
  stroke: string,
): Markup {
  const sorted = values.toSorted((a, b) => a - b)
  const points = sorted.flatMap((ms, at) => [
    [x(ms), y(at / sorted.length)],
    [x(ms), y((at + 1) / sorted.length)],
  ])
  const path = points.map((point) => point.map((value) => value.toFixed(1)).join(',')).join(' ')
  return element('polyline', { points: path, fill: 'none', stroke, 'stroke-width': 2 })
}
