import { readFile, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import { cpuConfig } from '../src/schemas/cpu-config.ts'
import type { SnapshotCreate, SnapshotLoad } from '../src/schemas/snapshot.ts'
import { encodeVmConfig, type VmConfig, vmConfig } from '../src/schemas/vm-config.ts'
import { EMPTY_DRAFT } from '../src/server/draft.ts'
import { Fault, osErrorText, unsupported } from '../src/server/fault.ts'
import { updateMachineConfig } from '../src/server/parts/machine-config.ts'
import type { MachineConfiguration } from '../src/server/vmm.ts'

const FAILED = 'Load snapshot error: Failed to restore from snapshot:'

const snapshotFile = z.strictObject({ fake_snapshot: z.literal(1), vm: z.unknown() })

/** Writes the machine where Firecracker writes its state, and a few bytes as its memory. */
export async function writeSnapshot(
  { snapshotPath, memFilePath }: SnapshotCreate,
  machine: MachineConfiguration,
): Promise<void> {
  const { drives, networkInterfaces, pmem, serial: _, logger: __, metrics: ___, ...rest } = machine
  const config: VmConfig = {
    ...rest,
    drives: [...drives],
    networkInterfaces: [...networkInterfaces],
    ...(pmem && { pmem: [...pmem] }),
  }
  const state = JSON.stringify({ fake_snapshot: 1, vm: encodeVmConfig(config) })
  await write('snapshot', snapshotPath, state)
  await write('memory', memFilePath, 'the memory of a fake machine')
}

/** What the machine of a snapshot is, with what the request overrides. Throws `Fault`. */
export async function readSnapshot(request: SnapshotLoad): Promise<MachineConfiguration> {
  if (request.memBackend?.backendType === 'Uffd') throw unsupported('Uffd')
  const machine = await readMachine(request.snapshotPath)
  const memoryPath = request.memBackend?.backendPath ?? request.memFilePath ?? ''
  try {
    await readFile(memoryPath)
  } catch (cause) {
    throw new Fault(
      `${FAILED} Failed to load guest memory: Error creating guest memory from file: Failed to load guest memory: ${osErrorText(cause)}`,
      { cause },
    )
  }
  return overridden(machine, request)
}

async function readMachine(path: string): Promise<MachineConfiguration> {
  const failed = `${FAILED} Failed to get snapshot state from file:`
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault(`${failed} Failed to open snapshot file: ${osErrorText(cause)}`, { cause })
  })
  try {
    const { vm } = snapshotFile.parse(JSON.parse(text))
    const {
      cpuConfig: template,
      machineConfig = {},
      networkInterfaces = [],
      ...config
    } = vmConfig.parse(vm)
    return {
      ...config,
      networkInterfaces,
      machineConfig: updateMachineConfig(EMPTY_DRAFT.machineConfig, machineConfig, undefined),
      ...(typeof template === 'object' && { cpuConfig: cpuConfig.parse(template) }),
    }
  } catch (cause) {
    throw new Fault(
      `${failed} Failed to load snapshot state from file: An error occurred during bitcode serialization: bitcode error`,
      { cause },
    )
  }
}

function overridden(
  machine: MachineConfiguration,
  { networkOverrides = [], vsockOverride, trackDirtyPages = false }: SnapshotLoad,
): MachineConfiguration {
  const unknown = (what: string) => {
    return new Fault(`${FAILED} Failed to get snapshot state from file: Unknown ${what} Device.`)
  }
  const names = new Map(networkOverrides.map((entry) => [entry.ifaceId, entry.hostDevName]))
  const known = new Set(machine.networkInterfaces.map(({ ifaceId }) => ifaceId))
  if (names.keys().some((id) => !known.has(id))) throw unknown('Network')
  const { vsock } = machine
  if (vsockOverride !== undefined && vsock === undefined) throw unknown('Vsock')
  return {
    ...machine,
    machineConfig: { ...machine.machineConfig, trackDirtyPages },
    networkInterfaces: machine.networkInterfaces.map((device) => {
      return { ...device, hostDevName: names.get(device.ifaceId) ?? device.hostDevName }
    }),
    ...(vsock && { vsock: { ...vsock, ...vsockOverride } }),
  }
}

async function write(what: 'snapshot' | 'memory', path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (cause) {
    throw new Fault(
      `Create snapshot error: Cannot perform open on the ${what} backing file: ${osErrorText(cause)}`,
      { cause },
    )
  }
}
