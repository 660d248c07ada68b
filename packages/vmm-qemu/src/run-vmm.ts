import { readFile } from 'node:fs/promises'
import { serveFirecrackerApi, VmmApi } from '@vulcan/firecracker/api'
import type { VmmOptions } from './command-line.ts'
import { whenAborted } from './deadline.ts'
import type { Log } from './log.ts'
import type { MachineEnd } from './machine.ts'
import { findPrograms } from './programs.ts'
import { QemuVmm } from './qemu-vmm.ts'
import { openRunDir } from './run-dir.ts'

/**
 * Serves the API until the machine has ended or `signal` aborts; then nothing is left of what was
 * made. Returns how the machine ended, or undefined after an abort.
 */
export async function runVmm(
  options: VmmOptions,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
  signal: AbortSignal,
): Promise<MachineEnd | undefined> {
  const { id, identity, accelerator, apiSocketPath, bodyBytesMax, configFile } = options
  // One after the other: nothing is made any more when a refusal is told.
  const programs = await findPrograms(env)
  const document = configFile === undefined ? undefined : await readFile(configFile, 'utf8')
  const runDir = await openRunDir(env)
  await using vmm = new QemuVmm(id, { programs, runDir, identity, accelerator }, log, signal)
  const api = new VmmApi(vmm)
  await using _server =
    apiSocketPath === undefined
      ? undefined
      : await serveFirecrackerApi({ api, socketPath: apiSocketPath, bodyBytesMax })
  if (document !== undefined) await api.applyConfigFile(document)
  const aborted = whenAborted(signal).then(() => undefined)
  const end = await Promise.race([vmm.ended, aborted])
  api.end()
  return end
}
