import * as z from 'zod'
import { defaulted, wireObject } from './wire-object.ts'

const prefixedNumber = z.string().regex(/^0(b[01]+|x[0-9a-f]+)$/i, 'a number with 0x or 0b')
/** From the highest bit to the lowest; `x` leaves a bit as it is, `_` separates. */
const bitmap = z.string().regex(/^(0b)?[01x_]*$/, 'a bitmap of 0, 1, x and _')
const registerModifier = wireObject({ addr: prefixedNumber, bitmap })

const cpuidModifier = wireObject({
  leaf: prefixedNumber,
  subleaf: prefixedNumber,
  flags: z.int().min(0).max(0xffff_ffff),
  modifiers: z.array(wireObject({ register: z.enum(['eax', 'ebx', 'ecx', 'edx']), bitmap })),
})

/**
 * Body of `PUT /cpu-config`: a custom CPU template. `cpuidModifiers` and `msrModifiers` are those of
 * x86-64, `regModifiers` and `vcpuFeatures` those of aarch64.
 */
export const cpuConfig = wireObject({
  kvmCapabilities: defaulted(z.array(z.string().regex(/^!?\d+$/, 'a number, or ! and a number'))),
  cpuidModifiers: defaulted(z.array(cpuidModifier)),
  msrModifiers: defaulted(z.array(registerModifier)),
  regModifiers: defaulted(z.array(registerModifier)),
  vcpuFeatures: defaulted(z.array(wireObject({ index: z.int().min(0), bitmap }))),
})

export type CpuConfig = z.output<typeof cpuConfig>
