import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plotBars } from '../src/plot/bars.ts'
import { plotDistributions } from '../src/plot/distribution.ts'
import { plotWaterfall } from '../src/plot/waterfall.ts'
import { element } from '../src/plot/xml.ts'
import { plotsOf } from '../src/report/plots.ts'
import { exampleResult } from './support/example-result.ts'
import { assertWellFormed } from './support/well-formed.ts'

const NASTY = 'a < b & "c" > \u0007]]> \'d\''

test('text and attributes are escaped, and what XML cannot have is left out', () => {
  const { text } = element('text', { title: NASTY }, NASTY)
  assert.equal(
    text,
    "<text title=\"a &lt; b &amp; &quot;c&quot; &gt; ]]&gt; 'd'\">a &lt; b &amp; &quot;c&quot; &gt; ]]&gt; 'd'</text>",
  )
  assertWellFormed(text)
})

test('markup is put into other markup as it is', () => {
  assert.equal(element('g', {}, element('rect', { x: 1 / 3 })).text, '<g><rect x="0.33"/></g>')
})

test('the checker of these tests knows broken XML', () => {
  for (const broken of ['<a>', '<a></b>', '<a/><b/>', '<a x="1" x="2"/>', '<a>&</a>', '<a x=1/>']) {
    assert.throws(() => assertWellFormed(broken), broken)
  }
})

test('every kind of plot is well-formed, whatever its names are', () => {
  assertWellFormed(plotDistributions(NASTY, [{ name: NASTY, values: [0.5, 20, 3000] }]))
  assertWellFormed(plotWaterfall(NASTY, [{ name: NASTY, fromMs: 0, toMs: 10 }]))
  const bar = { name: NASTY, value: 2, label: NASTY, mark: 1, isMet: false }
  assertWellFormed(plotBars(NASTY, [bar]))
})

test('plots of nothing are plots', () => {
  for (const plot of [plotDistributions('', []), plotWaterfall('', []), plotBars('', [])]) {
    assertWellFormed(plot)
    assert.doesNotMatch(plot, /NaN|Infinity/)
  }
})

test('a result has a plot of ratios, and two for each runtime', () => {
  const plots = plotsOf(exampleResult())
  assert.deepEqual(Object.keys(plots), ['ratios.svg', 'latency-python.svg', 'waterfall-python.svg'])
  for (const plot of Object.values(plots)) {
    assertWellFormed(plot)
    assert.doesNotMatch(plot, /NaN|Infinity/)
  }
})

test('a distribution goes from nobody to everybody', () => {
  const plot = plotDistributions('t', [{ name: 'arm', values: [10, 100] }])
  const [, points = ''] = /points="([^"]+)"/.exec(plot) ?? []
  const ys = points.split(' ').map((point) => Number(point.split(',')[1]))
  assert.deepEqual([ys[0], ys.at(-1)], [300, 48])
})

test('the waterfall has the phases and what is left beside them', () => {
  const plot = plotsOf(exampleResult())['waterfall-python.svg'] ?? ''
  for (const name of ['image', 'booting', 'running', 'HTTP, queue, store']) {
    assert.ok(plot.includes(`>${name}<`), name)
  }
})
