import type { Layout } from '@vulcan/backend-firecracker'
import type { FakeFirecracker, FakeScript } from '@vulcan/firecracker/testing'
import type { NetworkMode, Phase } from '@vulcan/schema'
import type { Trigger } from './plan.ts'

/** A world in which something is wrong, made before the owner starts. */
export interface Arrangement extends AsyncDisposable {
  readonly layout?: Layout
  readonly env?: Readonly<Record<string, string>>
  /** In place of the fake. */
  readonly binary?: string
  /** Mends the world before the last recovery. */
  readonly relieve?: () => Promise<void>
}

/** One fault, and what must come of it. */
export interface Fault {
  /** The row of the harness's table. */
  readonly kind: string
  /** Which one of the kind. */
  readonly which: string
  /** What a workload may end as: `boot_failed@vmm`, or `killed@` whatever the phase. */
  readonly rows: readonly string[]
  /** Absent: any. */
  readonly network?: NetworkMode
  readonly script?: FakeScript
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutS?: number
  readonly trigger?: Trigger
  /** The owner is killed from outside when its first workload comes there. */
  readonly killIn?: Phase
  readonly onPhase?: (phase: string, fake: FakeFirecracker, layout: Layout) => void
  readonly arrange?: () => Promise<Arrangement>
  /** Whether what could not be released at first is what the fault is about. */
  readonly releaseMayFail?: boolean
  /** Whether there may be no room to keep how a VM ended. */
  readonly endMayBeLost?: boolean
  /** Whether the VMM has run: then its console is told. */
  readonly consoleIsTold?: boolean
}
