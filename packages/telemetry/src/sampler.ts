import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import { words } from '@vulcan/schema'
import * as z from 'zod'
import { TelemetryConfigError } from './errors.ts'
import type { Variables } from './variables.ts'

const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const

const SAMPLER = words(SAMPLERS)
const RATIO = {
  takes: 'a number from 0 to 1, with a sampler by ratio',
  schema: z
    .string()
    .regex(/^\d{0,9}(?:\.\d{0,20})?$/)
    .transform(Number)
    .pipe(z.number().min(0).max(1)),
}

/** Which traces are kept: by default all, unless the caller's `traceparent` says otherwise. */
export function readSampler(variables: Variables): Sampler {
  const name = variables.read('OTEL_TRACES_SAMPLER', SAMPLER) ?? 'parentbased_always_on'
  const ratio = variables.read('OTEL_TRACES_SAMPLER_ARG', RATIO)
  const root = rootSampler(name.replace('parentbased_', ''), ratio)
  if (ratio !== undefined && !(root instanceof TraceIdRatioBasedSampler)) {
    throw new TelemetryConfigError('OTEL_TRACES_SAMPLER_ARG', RATIO.takes)
  }
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

function rootSampler(name: string, ratio: number | undefined): Sampler {
  if (name === 'traceidratio') return new TraceIdRatioBasedSampler(ratio ?? 1)
  return name === 'always_on' ? new AlwaysOnSampler() : new AlwaysOffSampler()
}
