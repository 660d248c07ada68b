import type { Drive } from '../../schemas/drive.ts'
import { Fault } from '../fault.ts'
import { checkCanOpen } from './check-can-open.ts'

const PREFIX = 'Drive config error: Unable to create the virtio block device:'

export async function insertDrive(
  drives: readonly Drive[],
  drive: Drive,
  rootIsPmem: boolean,
): Promise<readonly Drive[]> {
  const others = drives.filter((other) => other.driveId !== drive.driveId)
  if (drive.isRootDevice && rootIsPmem) {
    throw new Fault(
      'Drive config error: Attempt to add block as a root device while the root device defined as a pmem device',
    )
  }
  if (drive.isRootDevice && others.some((other) => other.isRootDevice)) throw secondRootDrive()
  await checkDriveBackend(drive)
  if (others.length === drives.length) {
    return drive.isRootDevice ? [drive, ...drives] : [...drives, drive]
  }
  const replaced = drives.map((other) => (other.driveId === drive.driveId ? drive : other))
  return drive.isRootDevice ? swapWithFirst(replaced, replaced.indexOf(drive)) : replaced
}

/** The first drive does not move down by one, as it might be expected to. */
function swapWithFirst(drives: readonly Drive[], index: number): readonly Drive[] {
  const [first] = drives
  const drive = drives[index]
  if (first === undefined || drive === undefined || index === 0) return drives
  return drives.with(index, first).with(0, drive)
}

export function secondRootDrive(): Fault {
  return new Fault('Drive config error: A root block device already exists!')
}

export async function checkDriveBackend(drive: Drive): Promise<void> {
  if ((drive.pathOnHost === undefined) === (drive.socket === undefined)) {
    throw new Fault(`${PREFIX} Invalid block config.`)
  }
  if (drive.pathOnHost === undefined) return
  const access = drive.isReadOnly === true ? 'read' : 'read_write'
  await checkCanOpen(drive.pathOnHost, access, (reason) => {
    return `${PREFIX} Virtio backend error: Error manipulating the backing file: ${reason} ${drive.pathOnHost}`
  })
}
