import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { type Env, hasErrno, messageOf, VulcanError } from '@vulcan/schema'
import { findHome } from './places.ts'

const FILE_BYTES_MAX = 64 * 1024
const WRITABLE_BY_OTHERS = 0o022

/** A file of variables that is not read: it chooses our programs, so nobody else may write it. */
export class EnvFileError extends VulcanError<'env_file'> {
  readonly path: string

  constructor(path: string, finding: string, options?: ErrorOptions) {
    super('env_file', `the environment file ${path} ${finding}`, options)
    this.path = path
  }
}

/**
 * The environment with what an environment file adds: the one that is named, which must be there, or
 * else `env` in `VULCAN_HOME`. What the environment has already stays. The working directory is never
 * looked at. Throws `EnvFileError`.
 */
export async function withEnvFile(env: Env, named: string | undefined): Promise<Env> {
  const path = named ?? join(findHome(env, process.getuid?.() === 0), 'env')
  const text = await readOwnFile(path, named !== undefined)
  if (text === undefined) return env
  const added = parseEnv(text)
  const set = Object.entries(env).filter(([, value]) => value !== undefined)
  return { ...added, ...Object.fromEntries(set) }
}

async function readOwnFile(path: string, mustExist: boolean): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    await checkFile(file, path)
    return await file.readFile('utf8')
  } catch (error) {
    if (error instanceof EnvFileError) throw error
    const isAbsent = ['ENOENT', 'ENOTDIR', 'EACCES'].some((code) => hasErrno(error, code))
    if (!mustExist && isAbsent) return undefined
    throw new EnvFileError(path, `cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

async function checkFile(file: FileHandle, path: string): Promise<void> {
  const found = await file.stat()
  if (!found.isFile()) throw new EnvFileError(path, 'is no regular file')
  if (found.size > FILE_BYTES_MAX) {
    throw new EnvFileError(path, `has ${found.size} bytes, and may have ${FILE_BYTES_MAX}`)
  }
  const trusted = [0, process.getuid?.()]
  if (!trusted.includes(found.uid) || (found.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new EnvFileError(
      path,
      'can be written by others: it must be yours or root\'s ("chmod go-w")',
    )
  }
}
