import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { PROBLEMS } from '@vulcan/schema'
import { table } from './markdown-table.ts'

/** Of OpenAPI 3.1 and JSON Schema, what tables are made from. */
interface Shape {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly format?: string
  readonly contentEncoding?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly default?: unknown
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: boolean | Shape
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly schema: Shape
  readonly description?: string
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly Parameter[]
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Shape>> }
}

/** Which a test of the server compares with what the server says of itself. */
function openApi(): OpenApi {
  const path = resolve(import.meta.dirname, '../../docs/openapi.json')
  return JSON.parse(readFileSync(path, 'utf8'))
}

function operations(): { endpoint: string; operation: Operation }[] {
  return Object.entries(openApi().paths).flatMap(([path, methods]) => {
    return Object.entries(methods).map(([method, operation]) => {
      return { endpoint: `\`${method.toUpperCase()} ${path}\``, operation }
    })
  })
}

export function endpointsTable(): string {
  const rows = operations().map(({ endpoint, operation }) => [endpoint, operation.summary])
  return table(['endpoint', 'what it does'], rows)
}

/** Those of the path are plain from the endpoint. */
export function parametersTable(): string {
  const rows = operations().flatMap(({ endpoint, operation: { parameters = [] } }) => {
    return parameters
      .filter((parameter) => parameter.in !== 'path')
      .map(({ in: where, name, schema, description }) => {
        return [
          endpoint,
          `\`${name}\` (${where})`,
          takes(schema),
          about({ ...schema, ...(description && { description }) }),
        ]
      })
  })
  return table(['endpoint', 'parameter', 'takes', 'what'], rows)
}

/** The fields of one of the shapes, those of shapes inside it by their paths. */
export function fieldsTable(name: string): string {
  const shape = openApi().components.schemas[name]
  if (shape === undefined) throw new Error(`docs/openapi.json has no shape "${name}"`)
  return table(['field', 'is', 'what'], fieldRows(shape, ''))
}

function fieldRows({ properties = {} }: Shape, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const inner = field.anyOf?.find(({ properties: some }) => some !== undefined) ?? field
    const own = [`\`${path}\``, takes(field), about(field)]
    return [own, ...fieldRows(inner, `${path}.`)]
  })
}

export function problemsTable(): string {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title }]) => [
    `\`${code}\``,
    String(status),
    title,
  ])
  return table(['code', 'status', 'title'], rows)
}

/** What a value may be, in words. */
function takes(shape: Shape): string {
  const { type, anyOf, items, minimum, maximum } = shape
  if (anyOf !== undefined) return anyOf.map(takes).join(' or ')
  if (shape.$ref !== undefined) return shape.$ref.split('/').at(-1) ?? ''
  if (shape.enum !== undefined) return shape.enum.map((word) => `\`${word}\``).join(', ')
  if (type === 'array') return `array of ${items === undefined ? 'anything' : takes(items)}`
  if (type === 'string') return shape.contentEncoding ?? shape.format ?? 'string'
  if (type === undefined) return 'any JSON'
  if (typeof shape.additionalProperties === 'object') return 'object of strings'
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`
  const least =
    minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`
  return `${type}${least}${most}`
}

function about({ description = '', default: value }: Shape): string {
  const isPlain = value !== undefined && (typeof value !== 'object' || value === null)
  const otherwise = isPlain ? `Default: \`${JSON.stringify(value)}\`.` : ''
  return [description, otherwise].filter((part) => part !== '').join(' ')
}
