import { cniFaults } from './cni-faults.ts'
import type { Fault } from './fault.ts'
import { atSteps, inPhases } from './kills.ts'
import type { Place } from './place.ts'
import { DEEDS } from './plan.ts'
import { agentFaults, vmmFaults } from './vmm-faults.ts'
import { worldFaults } from './world-faults.ts'

/** Every fault that there is, by kind; `steps` are those of an owner whose work goes well. */
export function catalogue(place: Place, steps: readonly string[]): Map<string, Fault[]> {
  const faults = [
    ...DEEDS.flatMap((deed) => atSteps(deed, steps)),
    ...inPhases(),
    ...vmmFaults(place),
    ...agentFaults(),
    ...worldFaults(place),
    ...cniFaults(place),
  ]
  return Map.groupBy(faults, ({ kind }) => kind)
}
