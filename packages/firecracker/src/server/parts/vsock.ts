import { lstat, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Vsock } from '../../schemas/vsock.ts'
import { SOCKET_PATH_BYTES_MAX } from '../../socket-path.ts'
import { Fault, osErrorText } from '../fault.ts'

export async function checkVsock(vsock: Vsock, previous: Vsock | undefined): Promise<void> {
  const prefix =
    'Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket:'
  if (Buffer.byteLength(vsock.udsPath) > SOCKET_PATH_BYTES_MAX) {
    throw new Fault(`${prefix} path must be shorter than SUN_LEN`)
  }
  await checkDirectory(dirname(vsock.udsPath), prefix)
  const ownSocket = vsock.udsPath === previous?.udsPath
  if (!ownSocket && (await exists(vsock.udsPath))) {
    throw new Fault(`${prefix} Address in use (os error 98)`)
  }
}

async function checkDirectory(path: string, prefix: string): Promise<void> {
  try {
    if (!(await stat(path)).isDirectory())
      throw new Fault(`${prefix} Not a directory (os error 20)`)
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault(`${prefix} ${osErrorText(error)}`, { cause: error })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // A directory that is forbidden is found out by the bind that follows.
    return false
  }
}
