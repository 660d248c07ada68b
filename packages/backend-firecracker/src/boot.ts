import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { acceptFromGuest, pinSocket, startVmm, type VmmProcess } from '@vulcan/firecracker'
import { createScratchDrive, resolveImage, resolveRootfs } from '@vulcan/images'
import type { Runtime } from '@vulcan/schema'
import { agentReady } from './agent-ready.ts'
import type { BootClock } from './boot-clock.ts'
import { configureGuest } from './configure-guest.ts'
import { launchPath, scratchDir } from './lifecycle/layout.ts'
import { machineSettings } from './machine-settings.ts'
import type { HeldSlot } from './networks.ts'
import { makePlace, type Place } from './place/place.ts'
import { Steps } from './steps.ts'
import type { Vm, VmHost, VmNeeds } from './vm.ts'

/** How long the VMM may take to open its API socket; the guest's boot is not part of it. */
const API_START_DEADLINE_MS = 20_000
/** How long the VMM may take for one call; the start of an emulator takes longest. */
const API_CALL_DEADLINE_MS = 30_000

/**
 * Brings a VM up to the point where its agent takes a request. What a step makes is in the manifest
 * before it is made, so that whatever happens, release finds it.
 */
export async function boot(
  host: VmHost,
  vm: Vm,
  needs: VmNeeds,
  bootClock: BootClock,
): Promise<void> {
  const steps = new Steps(host)
  await open(host, vm, needs)
  const busy = Promise.withResolvers<void>()
  using work = new DisposableStack()
  work.defer(busy.resolve)
  startNetwork(host, vm, needs, busy.promise)

  await vm.timeline.enter('image')
  const files = await resolveFiles(host, vm, needs.runtime)
  steps.ended('image')

  await vm.timeline.enter('drives')
  const place = await makePlace(host, vm, needs)
  const scratchPath = nameScratch(host, vm)
  await using early = startEarly(host, vm, needs, place)
  await makeScratch(host, vm, scratchPath, place.uid)
  const admitted = await place.admit({ ...files, scratchPath })
  steps.ended('drives')
  const slot = await awaitNetwork(vm)

  await vm.timeline.enter('vmm')
  const { vsockPort: port } = host.config
  await using listener = await acceptFromGuest({ udsPath: place.udsPath, port })
  const process = await (early.process ?? startProcess(host, vm, place, slot))
  const configuring = new Steps(host)
  const shown = { ...admitted, udsPath: place.udsPathInside }
  const settings = machineSettings(host.config, vm, needs, slot, shown)
  const call = { signal: vm.signal, deadlineMs: API_CALL_DEADLINE_MS }
  await process.machine.configure(settings, call)
  holdVsock(vm, place)
  configuring.ended('configure')

  await vm.timeline.enter('booting')
  const startedAtMs = performance.now()
  await process.machine.start(call)
  // The guest works now, and the host has time for the next VM's network.
  work.dispose()
  using bootTime = bootClock.start(host.config.bootTimeoutMs ?? host.program.bootTimeoutMs)
  const dialled = { vmm: process, listener, port, startedAtMs, bootTime: bootTime.signal }
  vm.agent = await agentReady({ host, vm, ...dialled })
  if (slot !== undefined) await configureGuest(host, vm, slot)
}

/** From here on others can see the VM, and its end will be kept. */
async function open({ config, program }: VmHost, vm: Vm, needs: VmNeeds): Promise<void> {
  await vm.manifest.open()
  vm.opened = true
  vm.journal.opened({
    runtime: needs.runtime,
    cid: vm.cid,
    vcpus: needs.cpus ?? config.defaultVcpus,
    memMib: needs.memMib ?? config.defaultMemMib,
    network: needs.network,
    pooled: vm.pooled,
    vmm: `${program.name} ${program.version}`,
  })
}

/** Beside the steps that need no network: it takes longest where none is ready. */
function startNetwork(host: VmHost, vm: Vm, { network }: VmNeeds, busy: Promise<void>): void {
  if (network === 'none') return
  const steps = new Steps(host)
  vm.network = host.networks.take(network, vm.signal, busy)
  // Whoever waits for it sees the error; nobody may.
  void vm.network.then(
    () => steps.ended('network'),
    () => undefined,
  )
}

async function awaitNetwork(vm: Vm): Promise<HeldSlot | undefined> {
  if (vm.network === undefined) return undefined
  await vm.timeline.enter('network')
  return vm.network
}

/** Links are followed once: a build in the middle of a boot changes nothing for it. */
async function resolveFiles({ config }: VmHost, { manifest }: Vm, runtime: Runtime) {
  const [kernel, initrd, rootfs] = await Promise.all([
    resolveImage('kernel', config.kernelPath),
    resolveImage('initrd', config.initrdPath),
    resolveRootfs({ rootfsDir: config.rootfsDir, runtime }),
  ])
  for (const { path } of [kernel, initrd, rootfs]) manifest.record({ kind: 'image', path })
  return { kernelPath: kernel.path, initrdPath: initrd.path, rootfsPath: rootfs.path }
}

/** In the manifest before the VMM, which is to be gone when the drive is removed. */
function nameScratch({ layout, bootId }: VmHost, { holding, manifest }: Vm): string {
  const path = join(scratchDir(layout, bootId), `${holding.id}.ext4`)
  manifest.record({ kind: 'scratch', path })
  return path
}

async function makeScratch(
  host: VmHost,
  vm: Vm,
  path: string,
  uid: number | undefined,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await createScratchDrive({
    home: host.layout.homeDir,
    path,
    sizeMib: host.config.scratchMib,
    signal: vm.signal,
    ...(uid === undefined ? {} : { owner: { uid, gid: uid } }),
  })
}

/**
 * Starts the VMM beside the making of its drives, where it wants neither them nor a network to start.
 * Disposing waits until it has come or failed: what comes after the release would stay.
 */
function startEarly(
  host: VmHost,
  vm: Vm,
  { network }: VmNeeds,
  place: Place,
): AsyncDisposable & { readonly process: Promise<VmmProcess> | undefined } {
  const isWanted = place.startsEarly && network === 'none'
  const process = isWanted ? startProcess(host, vm, place, undefined) : undefined
  const settled = Promise.allSettled([process])
  return {
    process,
    async [Symbol.asyncDispose]() {
      await settled
    },
  }
}

/** From its end on release ends the process, and the process's own end is known. */
async function startProcess(
  host: VmHost,
  vm: Vm,
  place: Place,
  slot: HeldSlot | undefined,
): Promise<VmmProcess> {
  const { config, layout } = host
  const steps = new Steps(host)
  vm.manifest.record({ kind: 'vmm' })
  const process = await startVmm({
    ...place.start(slot),
    launchPath: launchPath(layout),
    recordPath: vm.holding.recordPath,
    env: {
      PATH: config.searchPath,
      VULCAN_LIBEXEC: layout.libexecDir,
      VULCAN_RUN: layout.runDir,
    },
    startDeadlineMs: API_START_DEADLINE_MS,
    signal: vm.signal,
  })
  vm.process = process
  void process.exited.then((exit) => {
    vm.exit = exit
  })
  steps.ended('spawn')
  return process
}

/**
 * A VMM with a user of its own can put anything where its socket is, once its guest has taken it over.
 * So the socket is held before the guest starts, and reached by no name any more.
 */
function holdVsock(vm: Vm, { udsPath, socketOwner }: Place): void {
  vm.udsPath =
    socketOwner === undefined ? udsPath : vm.held.use(pinSocket(udsPath, socketOwner)).path
}
