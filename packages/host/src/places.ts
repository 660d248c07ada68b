import { join } from 'node:path'
import type { Layout } from '@vulcan/backend-firecracker'
import { ConfigError, type Env } from '@vulcan/schema'

/** A Unix socket's path holds 107 bytes (unix(7)); the longest below the run directory is this much. */
const LONGEST_BELOW_RUN = `/vms/${'0'.repeat(26)}.${'0'.repeat(10)}/vsock/v.sock_4294967294`.length
const SOCKET_PATH_BYTES_MAX = 107

/**
 * Where this host keeps its things: `VULCAN_HOME`, `VULCAN_RUN` and `VULCAN_LIBEXEC`, or what is
 * usual for root and for other users (XDG Base Directory Specification).
 *
 * Throws `ConfigError` for a path that is relative, or too long for the sockets below it.
 */
export function findPlaces(env: Env, isRoot: boolean): Layout {
  const homeDir = findHome(env, isRoot)
  const runDir = absolute(env, 'VULCAN_RUN') ?? join(runtimeDir(env, isRoot), 'vulcan')
  const libexecDir = absolute(env, 'VULCAN_LIBEXEC')
  if (libexecDir === undefined) {
    throw new ConfigError(
      'VULCAN_LIBEXEC',
      '',
      'the directory of our programs: start bin/vulcan, which sets it',
    )
  }
  if (Buffer.byteLength(runDir) + LONGEST_BELOW_RUN > SOCKET_PATH_BYTES_MAX) {
    const most = SOCKET_PATH_BYTES_MAX - LONGEST_BELOW_RUN
    throw new ConfigError(
      'VULCAN_RUN',
      runDir,
      `a path of at most ${most} bytes, since sockets lie below it`,
    )
  }
  return { homeDir, runDir, leasesDir: leasesDir(runDir, isRoot), libexecDir }
}

/** The data directory: `VULCAN_HOME`, or what is usual. Throws `ConfigError` for a relative path. */
export function findHome(env: Env, isRoot: boolean): string {
  return absolute(env, 'VULCAN_HOME') ?? join(dataDir(env, isRoot), 'vulcan')
}

/** Only root gives VMs what must be unique on the machine; the place is then the same for all hosts. */
function leasesDir(runDir: string, isRoot: boolean): string {
  return join(isRoot ? '/run/vulcan' : runDir, 'leases')
}

function dataDir(env: Env, isRoot: boolean): string {
  if (isRoot) return '/var/lib'
  return absolute(env, 'XDG_DATA_HOME') ?? join(userHome(env), '.local/share')
}

/** A session without a runtime directory (su, cron) gets one in /tmp; its owner and mode are checked. */
function runtimeDir(env: Env, isRoot: boolean): string {
  if (isRoot) return '/run'
  return absolute(env, 'XDG_RUNTIME_DIR') ?? `/tmp/user-${process.getuid?.()}`
}

function userHome(env: Env): string {
  const home = absolute(env, 'HOME')
  if (home === undefined) throw new ConfigError('HOME', '', 'an absolute path (or set VULCAN_HOME)')
  return home
}

function absolute(env: Env, variable: string): string | undefined {
  const path = env[variable]
  if (path === undefined || path === '') return undefined
  if (!path.startsWith('/')) throw new ConfigError(variable, path, 'an absolute path')
  return path
}
