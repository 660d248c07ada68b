import * as z from 'zod'
import { defaulted, wireObject, wireResponse } from './wire-object.ts'

const sizeMib = z.int().min(0)

/** Body of `PUT /hotplug/memory`: memory that can be given to a running guest (virtio-mem). */
export const memoryHotplug = wireObject({
  totalSizeMib: sizeMib,
  blockSizeMib: defaulted(sizeMib),
  slotSizeMib: defaulted(sizeMib),
})

/** Body of `PATCH /hotplug/memory`. */
export const memoryHotplugUpdate = wireObject({ requestedSizeMib: sizeMib })

/** Answer of `GET /hotplug/memory`; `pluggedSizeMib` follows what was requested as the guest acts. */
export const memoryHotplugStatus = wireResponse({
  totalSizeMib: sizeMib,
  blockSizeMib: sizeMib,
  slotSizeMib: sizeMib,
  pluggedSizeMib: sizeMib,
  requestedSizeMib: sizeMib,
})

export type MemoryHotplug = z.output<typeof memoryHotplug>
export type MemoryHotplugUpdate = z.output<typeof memoryHotplugUpdate>
export type MemoryHotplugStatus = z.output<typeof memoryHotplugStatus>
