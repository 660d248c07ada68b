import { readFile } from 'node:fs/promises'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import type { Kind } from '@vulcan/schema'
import * as z from 'zod'
import { TelemetryConfigError } from './errors.ts'
import { KEY_VALUES, MILLISECONDS } from './kinds.ts'
import type { Variables } from './variables.ts'

/** Where one signal is sent to, and how. */
export interface OtlpTarget {
  readonly url: string
  readonly headers: Record<string, string>
  readonly timeoutMs: number
  readonly compression: CompressionAlgorithm
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer }
}

const DEFAULT_ENDPOINT = 'http://localhost:4318'
const DEFAULT_TIMEOUT_MS = 10_000

const ENDPOINT = {
  takes: 'an http or https URL',
  schema: z.url({ protocol: /^https?$/ }),
}
const PROTOCOL = {
  takes: '"http/json", the one that Vulcan speaks (collectors take it on the same port)',
  schema: z.literal('http/json'),
}
const COMPRESSION = {
  takes: 'a word: gzip, none',
  schema: z
    .enum(['gzip', 'none'])
    .transform((word) => (word === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE)),
}
const FILE = { takes: 'the path of a file that can be read', schema: z.string().min(1) }

type Signal = 'TRACES' | 'METRICS'

/**
 * Reads the OTLP exporter's variables for one signal: `OTEL_EXPORTER_OTLP_<SIGNAL>_X` goes before
 * `OTEL_EXPORTER_OTLP_X`. Throws `TelemetryConfigError`.
 */
export async function readOtlpTarget(
  variables: Variables,
  signal: Signal,
): Promise<OtlpTarget & { readonly isConfigured: boolean }> {
  const own = `OTEL_EXPORTER_OTLP_${signal}_`
  const prefixes = [own, 'OTEL_EXPORTER_OTLP_']
  const first = <T>(name: string, kind: Kind<T>): T | undefined =>
    prefixes.map((prefix) => variables.read(prefix + name, kind)).find((v) => v !== undefined)
  const file = (name: string) => readNamedFile(variables, prefixes, name)
  const ownUrl = variables.read(`${own}ENDPOINT`, ENDPOINT)
  const base = variables.read('OTEL_EXPORTER_OTLP_ENDPOINT', ENDPOINT)
  first('PROTOCOL', PROTOCOL)
  const [ca, cert, key] = await Promise.all(
    ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map(file),
  )
  return {
    isConfigured: ownUrl !== undefined || base !== undefined,
    url: ownUrl ?? signalUrl(base ?? DEFAULT_ENDPOINT, signal),
    headers: {
      ...variables.read('OTEL_EXPORTER_OTLP_HEADERS', KEY_VALUES),
      ...variables.read(`${own}HEADERS`, KEY_VALUES),
    },
    timeoutMs: first('TIMEOUT', MILLISECONDS) ?? DEFAULT_TIMEOUT_MS,
    compression: first('COMPRESSION', COMPRESSION) ?? CompressionAlgorithm.NONE,
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

/** By the specification of the exporter: relative to the endpoint's own path. */
function signalUrl(base: string, signal: Signal): string {
  return `${base.replace(/\/$/, '')}/v1/${signal.toLowerCase()}`
}

async function readNamedFile(
  variables: Variables,
  prefixes: readonly string[],
  name: string,
): Promise<Buffer | undefined> {
  const paths = prefixes.map((prefix) => ({
    variable: prefix + name,
    path: variables.read(prefix + name, FILE),
  }))
  const found = paths.find(({ path }) => path !== undefined)
  if (found?.path === undefined) return undefined
  try {
    return await readFile(found.path)
  } catch (cause) {
    throw new TelemetryConfigError(found.variable, FILE.takes, { cause })
  }
}
