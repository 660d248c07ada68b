import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptFromGuest, pinSocket, startVmm, type VmmProcess } from '@vulcan/firecracker'
import { createScratchDrive, resolveImage, resolveRootfs } from '@vulcan/images'
import type { Runtime } from '@vulcan/schema'
import { agentReady } from './agent-ready.ts'
import { BEYOND_ANY_BOOT_MS, type BootClock } from './boot-clock.ts'
import { configureGuest } from './configure-guest.ts'
import { launchPath, scratchDir } from './lifecycle/layout.ts'
import { machineSettings } from './machine-settings.ts'
import type { HeldSlot } from './networks.ts'
import { makePlace, type Place } from './place/place.ts'
import { Steps } from './steps.ts'
import type { Vm, VmHost, VmNeeds } from './vm.ts'

/** How long the VMM may take to open its API socket, and for a call that configures its machine. */
const API_DEADLINE_MS = 60_000

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
  const scratchPath = await makeScratch(host, vm, place.uid)
  const admitted = await place.admit({ ...files, scratchPath })
  steps.ended('drives')
  const slot = await awaitNetwork(vm)

  await vm.timeline.enter('vmm')
  const { vsockPort: port } = host.config
  await using listener = await acceptFromGuest({ udsPath: place.udsPath, port })
  const ofVmm = new Steps(host)
  const process = await startProcess(host, vm, place, slot)
  holdProcess(vm, process)
  ofVmm.ended('spawn')
  const shown = { ...admitted, udsPath: place.udsPathInside }
  const settings = machineSettings(host.config, vm, needs, slot, shown)
  const call = { signal: vm.signal, deadlineMs: API_DEADLINE_MS }
  await process.machine.configure(settings, call)
  holdVsock(vm, place)
  ofVmm.ended('configure')

  await vm.timeline.enter('booting')
  const startedAtMs = performance.now()
  using bootTime = bootClock.start(host.config.bootTimeoutMs ?? host.program.bootTimeoutMs)
  await process.machine.start({
    signal: AbortSignal.any([vm.signal, bootTime.signal]),
    deadlineMs: BEYOND_ANY_BOOT_MS,
  })
  // The guest works now, and the host has time for the next VM's network.
  work.dispose()
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

async function makeScratch(host: VmHost, vm: Vm, uid: number | undefined): Promise<string> {
  const dir = scratchDir(host.layout, host.bootId)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, `${vm.holding.id}.ext4`)
  vm.manifest.record({ kind: 'scratch', path })
  await createScratchDrive({
    home: host.layout.homeDir,
    path,
    sizeMib: host.config.scratchMib,
    signal: vm.signal,
    ...(uid === undefined ? {} : { owner: { uid, gid: uid } }),
  })
  return path
}

function startProcess(
  { config, layout }: VmHost,
  vm: Vm,
  place: Place,
  slot: HeldSlot | undefined,
): Promise<VmmProcess> {
  vm.manifest.record({ kind: 'vmm' })
  return startVmm({
    ...place.start(slot),
    launchPath: launchPath(layout),
    recordPath: vm.holding.recordPath,
    env: {
      PATH: config.searchPath,
      VULCAN_LIBEXEC: layout.libexecDir,
      VULCAN_RUN: layout.runDir,
    },
    startDeadlineMs: API_DEADLINE_MS,
    signal: vm.signal,
  })
}

/** From now on release ends the process, and its end is known. */
function holdProcess(vm: Vm, process: VmmProcess): void {
  vm.process = process
  void process.exited.then((exit) => {
    vm.exit = exit
  })
}

/**
 * A VMM with a user of its own can put anything where its socket is, once its guest has taken it over.
 * So the socket is held before the guest starts, and reached by no name any more.
 */
function holdVsock(vm: Vm, { udsPath, socketOwner }: Place): void {
  vm.udsPath =
    socketOwner === undefined ? udsPath : vm.held.use(pinSocket(udsPath, socketOwner)).path
}
