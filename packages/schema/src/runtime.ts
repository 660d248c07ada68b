import * as z from 'zod'

/** The languages a workload can be written in, in the order they are listed to users. */
export const RUNTIMES = ['go', 'node', 'python'] as const

export const Runtime = z.enum(RUNTIMES)
export type Runtime = z.infer<typeof Runtime>

/** What a user can ask for; `auto` is resolved by the registry before a backend sees it. */
export const Isolation = z.enum(['auto', 'microvm'])
export type Isolation = z.infer<typeof Isolation>

/** Whether a guest is held by the processor (KVM) or only by an emulator, which is no security boundary. */
export const IsolationStrength = z.enum(['hardware', 'emulated'])
export type IsolationStrength = z.infer<typeof IsolationStrength>
