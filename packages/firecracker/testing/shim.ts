import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, unlinkSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { hasErrno } from '@vulcan/schema'

/**
 * What is spawned for a fake VM: a shell that tells its pid and arguments, stays until it is killed
 * or told what to say and to exit, and never outlives the test's process.
 *
 * `<pid>.alive` is a FIFO whose writer is the shim alone: its end of file is the shim's death.
 * `leash` is a FIFO whose writer is the test's process alone, for the other direction.
 */
const SHIM = `#!/bin/sh
mkfifo "$D/$$.alive" || exit 125
exec 9<>"$D/$$.alive"
trap 'cat "$D/$$.out"; cat "$D/$$.err" >&2; read -r code <"$D/$$.exit"; exit "$code"' USR1
printf '%s\\0' "$$" "$#" "$@" >"$D/announce"
read -r nothing <"$D/leash"
`

/** What a process says before it exits; nothing where absent. */
export interface LastWords {
  readonly stdout?: string
  readonly stderr?: string
}

/** A shim that was started, as it announced itself. */
export interface Shim {
  readonly pid: number
  readonly args: readonly string[]
  /** Resolves when its process has ended. */
  readonly ended: Promise<void>
  kill(): void
  exit(code: number, words?: LastWords): void
}

/**
 * Writes the shim into `directory` and calls `onShim` for each one that is started from there.
 * Disposing ends all of them.
 */
export function listenForShims(
  directory: string,
  onShim: (shim: Shim) => void,
): AsyncDisposable & { readonly binary: string } {
  const binary = join(directory, 'firecracker')
  const quoted = directory.replaceAll("'", `'\\''`)
  writeFileSync(binary, SHIM.replace('\n', `\nD='${quoted}'\n`), { mode: 0o755 })
  execFileSync('mkfifo', ['--mode=666', join(directory, 'announce'), join(directory, 'leash')])
  const leash = openFifo(join(directory, 'leash'))
  const announcements = openFifo(join(directory, 'announce'))
  const shims = new Set<Shim>()
  const records = splitRecords((pid, args) => {
    const shim = openShim(directory, pid, args)
    shims.add(shim)
    void shim.ended.then(() => shims.delete(shim))
    onShim(shim)
  })
  announcements.on('data', records)
  return {
    binary,
    async [Symbol.asyncDispose]() {
      leash.destroy()
      await Promise.all([...shims].map((shim) => shim.ended))
      announcements.destroy()
    },
  }
}

/** Opened for writing, too: it must not end between two shims. */
function openFifo(path: string): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false }).unref()
}

/** `pid`, number of arguments, arguments: each ends with a zero byte. */
function splitRecords(onRecord: (pid: number, args: string[]) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    const fields = (rest + chunk.toString()).split('\0')
    rest = fields.pop() ?? ''
    while (fields.length >= 2) {
      const argumentCount = Number(fields[1])
      if (fields.length < 2 + argumentCount) break
      const [pid, , ...args] = fields.splice(0, 2 + argumentCount)
      onRecord(Number(pid), args)
    }
    rest = [...fields, rest].join('\0')
  }
}

function openShim(directory: string, pid: number, args: readonly string[]): Shim {
  const path = join(directory, `${pid}.alive`)
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  unlinkSync(path)
  if (hasWriter(fd)) {
    const alive = new Socket({ fd, readable: true, writable: false }).unref()
    alive.on('close', () => resolve()).resume()
  } else {
    closeSync(fd)
    resolve()
  }
  return {
    pid,
    args,
    ended,
    kill: () => signalIfThere(pid, 'SIGKILL'),
    exit(code, { stdout = '', stderr = '' } = {}) {
      writeFileSync(join(directory, `${pid}.out`), stdout)
      writeFileSync(join(directory, `${pid}.err`), stderr)
      writeFileSync(join(directory, `${pid}.exit`), `${code}\n`)
      signalIfThere(pid, 'SIGUSR1')
    },
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

/** A shim that died before its FIFO was opened would never make an event. */
function hasWriter(fd: number): boolean {
  try {
    return readSync(fd, Buffer.alloc(1)) !== 0
  } catch (error) {
    if (hasErrno(error, 'EAGAIN')) return true
    throw error
  }
}
