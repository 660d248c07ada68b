import type { Case } from './case.ts'
import { commandLineCases } from './cases/command-line.ts'
import { configFileCases } from './cases/config-file.ts'
import { deprecationCases } from './cases/deprecation.ts'
import { balloonCases, cpuCases, hotplugCases, pmemCases } from './cases/devices.ts'
import { driveCases } from './cases/drives.ts'
import { guestSnapshotCases } from './cases/guest-snapshot.ts'
import { guestVsockCases } from './cases/guest-vsock.ts'
import { machineCases } from './cases/machine.ts'
import { metadataCases, networkCases } from './cases/network.ts'
import { nullCases } from './cases/nulls.ts'
import { outputCases } from './cases/output.ts'
import { requestCases } from './cases/requests.ts'
import { runningCases } from './cases/running.ts'
import { sinkCases } from './cases/sinks.ts'
import { snapshotCases } from './cases/snapshot.ts'
import { stateCases } from './cases/states.ts'
import { transportCases } from './cases/transport.ts'
import { vsockCases } from './cases/vsock.ts'

/** All cases, in the order of the table. */
export const CASES: readonly Case[] = [
  ...transportCases,
  ...requestCases,
  ...nullCases,
  ...deprecationCases,
  ...machineCases,
  ...driveCases,
  ...networkCases,
  ...vsockCases,
  ...sinkCases,
  ...balloonCases,
  ...pmemCases,
  ...hotplugCases,
  ...metadataCases,
  ...cpuCases,
  ...stateCases,
  ...runningCases,
  ...snapshotCases,
  ...outputCases,
  ...configFileCases,
  ...commandLineCases,
  ...guestVsockCases,
  ...guestSnapshotCases,
]
