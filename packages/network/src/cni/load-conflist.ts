import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { NetworkError } from '../errors.ts'
import { findExecutable } from '../host-programs.ts'
import { Conflist, pluginTypes } from './conflist.ts'
import { SHIPPED_CONFLIST } from './shipped-conflist.ts'

const CONFLIST_MAX_BYTES = 64 * 1024
const OTHERS_WRITE = 0o022

export interface LoadedConflist {
  readonly conflist: Conflist
  /** The operator's file, or `shipped`. */
  readonly source: string
}

/**
 * The first `*.conflist` of the directory by name, or the shipped one where there is none. Throws
 * `network_config_invalid`.
 */
export async function loadConflist(directory: string): Promise<LoadedConflist> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw unreadable(directory, error)
  })
  const name = names.filter((entry) => entry.endsWith('.conflist')).sort()[0]
  if (name === undefined) return { conflist: SHIPPED_CONFLIST, source: 'shipped' }
  const source = join(directory, name)
  return { conflist: parse(source, await readBounded(source)), source }
}

/** The file of each plugin that the chain executes. Throws `cni_plugin_missing` or `network_config_invalid`. */
export async function findPlugins(
  conflist: Conflist,
  binDirs: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const plugins = new Map<string, string>()
  for (const type of pluginTypes(conflist)) plugins.set(type, await findPlugin(type, binDirs))
  return plugins
}

/** The file of one plugin, which nobody but its owner may change. */
export async function findPlugin(type: string, binDirs: readonly string[]): Promise<string> {
  const path = await findExecutable(type, binDirs)
  if (path === undefined) {
    throw new NetworkError(
      'cni_plugin_missing',
      `the CNI plugin ${type} is in none of ${binDirs.join(', ')}: "apt install containernetworking-plugins" has the usual ones`,
      { plugin: type },
    )
  }
  if (!isGuarded(await stat(path))) throw writable(path)
  return path
}

function parse(source: string, text: string): Conflist {
  try {
    return Conflist.parse(JSON.parse(text))
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    throw new NetworkError('network_config_invalid', `${source} is no conflist: ${problem}`, {
      cause: error,
    })
  }
}

async function readBounded(path: string): Promise<string> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const stats = await file.stat()
    if (!isGuarded(stats)) throw writable(path)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(CONFLIST_MAX_BYTES + 1))
    if (bytesRead > CONFLIST_MAX_BYTES) throw new Error(`longer than ${CONFLIST_MAX_BYTES} bytes`)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    throw error instanceof NetworkError ? error : unreadable(path, error)
  } finally {
    await file?.close()
  }
}

/** It names programs that run as this user, so none but root and this user may write it. */
function isGuarded({ uid, mode }: { uid: number; mode: number }): boolean {
  return (uid === 0 || uid === process.getuid?.()) && (mode & OTHERS_WRITE) === 0
}

const writable = (path: string) =>
  new NetworkError('network_config_invalid', `others can write ${path}: "chmod go-w" it`)

const unreadable = (path: string, cause: unknown) =>
  new NetworkError('network_config_invalid', `${path} cannot be read: ${String(cause)}`, { cause })
