import { constants, lstat, open } from 'node:fs/promises'
import type { BootSource } from '../schemas/boot-source.ts'
import type { Drive, NetworkInterface, Vsock } from '../schemas/devices.ts'
import type { MachineConfigUpdate } from '../schemas/machine-config.ts'
import { SOCKET_PATH_BYTES_MAX } from '../socket-path.ts'
import { Fault, osErrorText } from './fault.ts'
import type { CompleteMachineConfig, ConfigurationPart, MachineConfiguration } from './vmm.ts'

/** A configuration on its way: complete but for the boot source. */
export type MachineConfigurationDraft = Omit<MachineConfiguration, 'bootSource'> &
  Partial<Pick<MachineConfiguration, 'bootSource'>>

/** Firecracker's defaults. */
export const EMPTY_DRAFT: MachineConfigurationDraft = {
  machineConfig: {
    vcpuCount: 1,
    memSizeMib: 128,
    smt: false,
    trackDirtyPages: false,
    hugePages: 'None',
  },
  drives: [],
  networkInterfaces: [],
}

const VCPU_COUNT_MAX = 32
const GUEST_CID_MIN = 3
/** Firecracker's buffer of 2048 bytes ends with a zero byte. */
const BOOT_ARGS_BYTES_MAX = 2047

/**
 * `draft` with one more part, after the checks that Firecracker itself makes when the part comes.
 * Throws `Fault` with Firecracker's words.
 */
export async function addPart(
  draft: MachineConfigurationDraft,
  part: ConfigurationPart,
): Promise<MachineConfigurationDraft> {
  switch (part.kind) {
    case 'boot_source':
      await checkBootSource(part.value)
      return { ...draft, bootSource: part.value }
    case 'machine_config':
      return { ...draft, machineConfig: updateMachineConfig(draft.machineConfig, part.value) }
    case 'drive':
      return { ...draft, drives: await insertDrive(draft.drives, part.value) }
    case 'network_interface':
      return {
        ...draft,
        networkInterfaces: insertNetworkInterface(draft.networkInterfaces, part.value),
      }
    case 'vsock':
      await checkVsock(part.value, draft.vsock)
      return { ...draft, vsock: part.value }
    default:
      return { ...draft, [part.kind]: part.value }
  }
}

/** Throws `Fault` where the machine cannot be started yet. */
export function completeConfiguration(draft: MachineConfigurationDraft): MachineConfiguration {
  const { bootSource } = draft
  if (bootSource === undefined) {
    throw new Fault('Start microvm error: Cannot start microvm without kernel configuration.')
  }
  return { ...draft, bootSource }
}

async function checkBootSource(source: BootSource): Promise<void> {
  await checkCanOpen(source.kernelImagePath, constants.O_RDONLY, (reason) => {
    return `Boot source error: The kernel file cannot be opened: ${reason}`
  })
  if (source.initrdPath !== undefined) {
    await checkCanOpen(source.initrdPath, constants.O_RDONLY, (reason) => {
      return `Boot source error: The initrd file cannot be opened due to invalid path or invalid permissions. ${reason}`
    })
  }
  const bootArgs = source.bootArgs ?? ''
  const prefix = 'Boot source error: The kernel command line is invalid:'
  if (!/^[ -~]*$/.test(bootArgs)) throw new Fault(`${prefix} only printable ASCII is allowed`)
  if (bootArgs.length > BOOT_ARGS_BYTES_MAX) {
    throw new Fault(`${prefix} ${bootArgs.length} bytes, at most ${BOOT_ARGS_BYTES_MAX} fit`)
  }
}

function updateMachineConfig(
  current: CompleteMachineConfig,
  update: MachineConfigUpdate,
): CompleteMachineConfig {
  const { vcpuCount = current.vcpuCount, memSizeMib = current.memSizeMib } = update
  const { smt = current.smt, hugePages = current.hugePages } = update
  const { trackDirtyPages = current.trackDirtyPages } = update
  const oddWithSmt = smt && vcpuCount > 1 && vcpuCount % 2 === 1
  if (vcpuCount < 1 || vcpuCount > VCPU_COUNT_MAX || oddWithSmt) {
    throw new Fault(
      `Machine config error: The number of vCPUs must be greater than 0, less than ${VCPU_COUNT_MAX} and must be 1 or an even number if SMT is enabled.`,
    )
  }
  if (memSizeMib < 1 || (hugePages === '2M' && memSizeMib % 2 !== 0)) {
    throw new Fault(
      'Machine config error: The memory size (MiB) is either 0, or not a multiple of the configured page size.',
    )
  }
  return { vcpuCount, memSizeMib, smt, trackDirtyPages, hugePages }
}

async function insertDrive(drives: readonly Drive[], drive: Drive): Promise<readonly Drive[]> {
  const others = drives.filter((other) => other.driveId !== drive.driveId)
  if (drive.isRootDevice && others.some((other) => other.isRootDevice)) {
    throw new Fault('Drive config error: A root block device already exists!')
  }
  await checkDriveBackend(drive)
  if (drive.isRootDevice) return [drive, ...others]
  if (others.length === drives.length) return [...drives, drive]
  return drives.map((other) => (other.driveId === drive.driveId ? drive : other))
}

async function checkDriveBackend(drive: Drive): Promise<void> {
  const prefix = 'Drive config error: Unable to create the virtio block device:'
  if ((drive.pathOnHost === undefined) === (drive.socket === undefined)) {
    throw new Fault(`${prefix} Invalid block config.`)
  }
  if (drive.pathOnHost === undefined) return
  const flags = drive.isReadOnly === true ? constants.O_RDONLY : constants.O_RDWR
  await checkCanOpen(drive.pathOnHost, flags, (reason) => {
    return `${prefix} Virtio backend error: Error manipulating the backing file: ${reason} ${drive.pathOnHost}`
  })
}

function insertNetworkInterface(
  interfaces: readonly NetworkInterface[],
  added: NetworkInterface,
): readonly NetworkInterface[] {
  const others = interfaces.filter((other) => other.ifaceId !== added.ifaceId)
  const mac = added.guestMac?.toLowerCase()
  if (mac !== undefined && others.some((other) => other.guestMac?.toLowerCase() === mac)) {
    throw new Fault(`Network config error: The MAC address is already in use: ${mac}`)
  }
  return [...others, added]
}

async function checkVsock(vsock: Vsock, previous: Vsock | undefined): Promise<void> {
  if (vsock.guestCid < GUEST_CID_MIN) {
    throw new Fault(
      `Vsock config error: guest_cid ${vsock.guestCid} is reserved, the lowest is ${GUEST_CID_MIN}`,
    )
  }
  const prefix =
    'Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket:'
  if (Buffer.byteLength(vsock.udsPath) > SOCKET_PATH_BYTES_MAX) {
    throw new Fault(`${prefix} path must be shorter than SUN_LEN`)
  }
  const ownSocket = vsock.udsPath === previous?.udsPath
  if (!ownSocket && (await exists(vsock.udsPath))) {
    throw new Fault(`${prefix} Address in use (os error 98)`)
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // A directory that is missing or forbidden is found out by the bind that follows.
    return false
  }
}

async function checkCanOpen(
  path: string,
  flags: number,
  message: (reason: string) => string,
): Promise<void> {
  try {
    // Without O_NONBLOCK a FIFO would hold a thread until somebody writes to it.
    const file = await open(path, flags | constants.O_NONBLOCK)
    await file.close()
  } catch (error) {
    throw new Fault(message(osErrorText(error)), { cause: error })
  }
}
