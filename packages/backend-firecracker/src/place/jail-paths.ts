import { realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { jailsRootDir, type Layout } from '../lifecycle/layout.ts'

/** unix(7). */
const SOCKET_PATH_BYTES_MAX = 107

/** A boot's name, an id, and the listener of the highest port. */
const LONGEST_ID = '0'.repeat(26)
const LONGEST_SOCKET = 'v.sock_4294967294'

/**
 * By how many bytes the paths of sockets in the jails of `binary` are too long; 0 or less where they
 * fit.
 */
export async function jailPathExcessBytes(layout: Layout, binary: string): Promise<number> {
  const [homeDir, execFile] = await Promise.all([resolved(layout.homeDir), resolved(binary)])
  const jails = join(jailsRootDir({ ...layout, homeDir }), '0'.repeat(8))
  const longest = join(jails, basename(execFile), LONGEST_ID, 'root', LONGEST_SOCKET)
  return Buffer.byteLength(longest) - SOCKET_PATH_BYTES_MAX
}

/** The jailer follows links; what is not there yet is none. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return path
  }
}
