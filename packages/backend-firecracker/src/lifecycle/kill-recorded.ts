import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Layout, launchPath } from './layout.ts'

/** How long a process that got SIGKILL may take to be gone: it may have gigabytes to give back. */
const KILL_WAIT_MS = 10_000

/**
 * Kills every process that left a record (`*.pid`) in a VM's directory and waits until each is gone.
 * A record whose process has ended, or whose pid now belongs to another, kills nothing.
 *
 * Rejects when a process is still there at the end of the wait.
 */
export async function killRecorded(layout: Layout, directoryPath: string): Promise<void> {
  const names = await readdir(directoryPath)
  for (const name of names.filter((name) => name.endsWith('.pid'))) {
    await promisify(execFile)(
      launchPath(layout),
      ['kill', join(directoryPath, name), '--wait-ms', String(KILL_WAIT_MS)],
      { env: {}, timeout: KILL_WAIT_MS * 2, maxBuffer: 64 * 1024 },
    )
  }
}
