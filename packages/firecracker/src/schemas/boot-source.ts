import * as z from 'zod'
import { wireObject } from './wire-object.ts'

/** Body of `PUT /boot-source`. `bootArgs` replaces Firecracker's default arguments. */
export const bootSource = wireObject({
  kernelImagePath: z.string(),
  initrdPath: z.string().optional(),
  bootArgs: z.string().optional(),
})

export type BootSource = z.output<typeof bootSource>
