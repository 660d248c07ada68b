import * as z from 'zod'

type Separator = '_' | '-'

/**
 * A shape of Firecracker's API, written once in camelCase: the codec's input is the JSON on the
 * wire (`drive_id`), its output what TypeScript code works with (`driveId`).
 *
 * As serde does for Firecracker, it refuses unknown fields, and takes `null` for an absent field
 * unless that is `defaulted`.
 * `separator` names the wire's spelling; only the outermost object of `vm/config` uses `-`.
 */
export function wireObject<Shape extends z.ZodRawShape>(shape: Shape, separator: Separator = '_') {
  return wireCodec(shape, separator, (fields) => z.strictObject(fields))
}

/**
 * A field that may be absent but is never null: Firecracker has a default for it (`serde(default)`),
 * and no word for its absence.
 */
export function defaulted<Schema extends z.ZodType>(schema: Schema): z.ZodExactOptional<Schema> {
  return z.exactOptional(schema)
}

/**
 * As `wireObject`, for shapes that only a VMM sends: fields that a later version added are dropped.
 */
export function wireResponse<Shape extends z.ZodRawShape>(shape: Shape) {
  return wireCodec(shape, '_', (fields) => z.object(fields))
}

function wireCodec<Shape extends z.ZodRawShape>(
  shape: Shape,
  separator: Separator,
  wireSchema: (fields: z.ZodRawShape) => z.ZodType<Record<string, unknown>>,
) {
  const names = Object.keys(shape).map((name) => [name, wireName(name, separator)] as const)
  const fields = names.map(([name, onWire]) => [onWire, acceptNull(shape[name])] as const)
  const toCamel = new Map(names.map(([name, onWire]) => [onWire, name]))
  const toWire = new Map(names)
  type Value = z.output<z.ZodObject<Shape, z.core.$strict>>
  return z.codec(wireSchema(Object.fromEntries(fields)), z.custom<Value>(), {
    decode: (wire) => rename(wire, toCamel) as Value,
    encode: (value) => rename(value, toWire),
  })
}

function wireName(camelCase: string, separator: Separator): string {
  return camelCase.replace(/[A-Z]/g, (letter) => separator + letter.toLowerCase())
}

function acceptNull(field: z.core.$ZodType | undefined): z.core.$ZodType {
  if (field === undefined) throw new TypeError('a field of a shape is undefined')
  return field instanceof z.ZodOptional ? z.nullable(field) : field
}

/** Unmapped names are kept, so that the strict schema behind names them in its refusal. */
function rename(object: object, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const renamed: [string, unknown][] = []
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined && value !== null) renamed.push([names.get(name) ?? name, value])
  }
  return Object.fromEntries(renamed)
}
