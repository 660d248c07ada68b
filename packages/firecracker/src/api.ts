/** The API itself: every schema, the client, and the server half that other VMMs answer it with. */
export {
  type CallOptions,
  FirecrackerClient,
  type SnapshotSource,
} from './client/firecracker-client.ts'
export {
  type Balloon,
  type BalloonStatistics,
  type BalloonStatisticsUpdate,
  type BalloonUpdate,
  balloon,
  balloonStatistics,
  balloonStatisticsUpdate,
  balloonUpdate,
  type HintingStart,
  type HintingStatus,
  hintingStart,
  hintingStatus,
} from './schemas/balloon.ts'
export { type BootSource, bootSource } from './schemas/boot-source.ts'
export { type CpuConfig, cpuConfig } from './schemas/cpu-config.ts'
export { type Drive, type DriveUpdate, drive, driveUpdate } from './schemas/drive.ts'
export { type Entropy, entropy } from './schemas/entropy.ts'
export {
  type Action,
  action,
  type InstanceInfo,
  instanceInfo,
  type VmState,
  vmState,
} from './schemas/instance.ts'
export {
  type MachineConfig,
  type MachineConfigUpdate,
  machineConfig,
  machineConfigUpdate,
} from './schemas/machine-config.ts'
export {
  type MemoryHotplug,
  type MemoryHotplugStatus,
  type MemoryHotplugUpdate,
  memoryHotplug,
  memoryHotplugStatus,
  memoryHotplugUpdate,
} from './schemas/memory-hotplug.ts'
export { type Metadata, type MmdsConfig, metadata, mmdsConfig } from './schemas/mmds.ts'
export {
  type NetworkInterface,
  type NetworkInterfaceUpdate,
  networkInterface,
  networkInterfaceUpdate,
} from './schemas/network-interface.ts'
export { type Pmem, type PmemUpdate, pmem, pmemUpdate } from './schemas/pmem.ts'
export {
  type Logger,
  logger,
  type Metrics,
  metrics,
  type Serial,
  serial,
} from './schemas/sinks.ts'
export {
  type SnapshotCreate,
  type SnapshotLoad,
  snapshotCreate,
  snapshotLoad,
} from './schemas/snapshot.ts'
export { type VmConfig, vmConfig } from './schemas/vm-config.ts'
export { type Vsock, vsock } from './schemas/vsock.ts'
export { Fault } from './server/fault.ts'
export { type FirecrackerApiServer, serveFirecrackerApi } from './server/serve.ts'
export type {
  ConfigurationPart,
  MachineChange,
  MachineConfiguration,
  PluggablePart,
  Vmm,
  VmmIdentity,
} from './server/vmm.ts'
export { VmmApi } from './server/vmm-api.ts'
export { ENDPOINTS, type Endpoint } from './versions/endpoints.ts'
export { SINCE, type Since } from './versions/since.ts'
