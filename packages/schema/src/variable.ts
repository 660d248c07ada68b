import * as z from 'zod'
import { VulcanError } from './error.ts'

/** A variable of the environment has a value that it cannot have. */
export class ConfigError extends VulcanError<'config_invalid'> {
  readonly variable: string

  constructor(variable: string, value: string, takes: string) {
    super('config_invalid', `${variable} is "${value}", but takes ${takes}`)
    this.variable = variable
  }
}

/** What a kind of value is in words, and how it is read. */
export interface Kind<T> {
  readonly takes: string
  readonly schema: z.ZodType<T, string>
}

/** A variable of the environment; documents are made from it. */
export interface Variable<T = unknown> extends Kind<T> {
  readonly name: `VULCAN_${string}`
  readonly about: string
  /** In words. */
  readonly otherwise: string
}

/** Describes a variable; in lists of them these go by place. */
export const variable = <T>(
  name: Variable['name'],
  kind: Kind<T>,
  about: string,
  otherwise: string,
): Variable<T> => ({ name, ...kind, about, otherwise })

export type Env = Readonly<Record<string, string | undefined>>

/** Undefined where the variable is absent. Throws `ConfigError` that says what it takes. */
export function readVariable<T>(env: Env, { name, takes, schema }: Variable<T>): T | undefined {
  const value = env[name]
  if (value === undefined) return undefined
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new ConfigError(name, value, takes)
  return parsed.data
}

export const integer = (min: number, max: number): Kind<number> => ({
  takes: `an integer from ${min} to ${max}`,
  schema: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max)),
})

export const words = <const Word extends string>(options: readonly Word[]): Kind<Word> => ({
  takes: `a word: ${options.join(', ')}`,
  schema: z.enum(options as readonly [Word, ...Word[]]) as unknown as z.ZodType<Word, string>,
})

export const ABSOLUTE_PATH: Kind<string> = {
  takes: 'an absolute path',
  schema: z.string().startsWith('/'),
}

export const SWITCH: Kind<boolean> = {
  takes: 'a word: true, false',
  schema: z.enum(['true', 'false']).transform((word) => word === 'true'),
}
