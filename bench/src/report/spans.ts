import type { Span } from '../plot/waterfall.ts'
import type { Sample } from '../result.ts'

/**
 * The parts of one run through HTTP: the phases that the server told of, one after the other, and
 * what is left of the caller's time, most of which comes before and after them.
 */
export function spansOf({ ms, phases = [] }: Sample): Span[] {
  const begins = phases.filter(({ phase }) => phase !== 'ended')
  const endedMs = phases.find(({ phase }) => phase === 'ended')?.atMs ?? ms ?? 0
  const spans = begins.map(({ phase, atMs }, at) => ({
    name: phase,
    fromMs: atMs,
    toMs: begins[at + 1]?.atMs ?? endedMs,
  }))
  const restMs = (ms ?? 0) - endedMs
  return restMs > 0
    ? [...spans, { name: 'HTTP, queue, store', fromMs: endedMs, toMs: endedMs + restMs }]
    : spans
}
