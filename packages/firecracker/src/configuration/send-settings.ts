import type { CallOptions, FirecrackerClient } from '../client/firecracker-client.ts'
import type { MachineSettings } from './settings.ts'

/** Makes the calls that say what a machine is to be, in the order of a `--config-file`. */
export async function sendSettings(
  client: FirecrackerClient,
  settings: MachineSettings,
  options: CallOptions | undefined,
): Promise<void> {
  const { logger, metrics, serial, machineConfig, cpuConfig, bootSource } = settings
  if (logger) await client.putLogger(logger, options)
  if (metrics) await client.putMetrics(metrics, options)
  if (serial) await client.putSerial(serial, options)
  if (machineConfig) await client.putMachineConfig(machineConfig, options)
  if (cpuConfig) await client.putCpuConfig(cpuConfig, options)
  await client.putBootSource(bootSource, options)
  await sendDevices(client, settings, options)
}

async function sendDevices(
  client: FirecrackerClient,
  settings: MachineSettings,
  options: CallOptions | undefined,
): Promise<void> {
  const { drives = [], networkInterfaces = [], pmem = [], vsock, balloon } = settings
  const { metadata, mmdsConfig, entropy, memoryHotplug } = settings
  for (const drive of drives) await client.putDrive(drive, options)
  for (const device of networkInterfaces) await client.putNetworkInterface(device, options)
  if (vsock) await client.putVsock(vsock, options)
  if (balloon) await client.putBalloon(balloon, options)
  if (metadata !== undefined) await client.putMetadata(metadata, options)
  if (mmdsConfig) await client.putMmdsConfig(mmdsConfig, options)
  if (entropy) await client.putEntropy(entropy, options)
  for (const device of pmem) await client.putPmem(device, options)
  if (memoryHotplug) await client.putMemoryHotplug(memoryHotplug, options)
}
