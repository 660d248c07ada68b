import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BackendError } from '@vulcan/backend'
import { acceptFromGuest, type GuestListener, startVmm, type VmmProcess } from '@vulcan/firecracker'
import { createScratchDrive, resolveImage, resolveRootfs } from '@vulcan/images'
import type { Runtime } from '@vulcan/schema'
import { Clock } from './clock.ts'
import type { FirecrackerConfig } from './config.ts'
import { launchPath, scratchDir } from './lifecycle/layout.ts'
import { leaseUid } from './lifecycle/lease-uid.ts'
import { machineSettings } from './machine-settings.ts'
import { orAgentLost } from './or-agent-lost.ts'
import { MessageReader, readMessage } from './protocol/framing.ts'
import { parseReady } from './protocol/messages.ts'
import type { Vm, VmHost, VmNeeds } from './vm.ts'

/** How long the VMM may take to open its API socket; the guest's boot is not part of it. */
const API_START_DEADLINE_MS = 20_000
/** How long the VMM may take for one call; the start of an emulator takes longest. */
const API_CALL_DEADLINE_MS = 30_000
/** How long the agent may take from its connection to its one message. */
const READY_MESSAGE_DEADLINE_MS = 10_000

/**
 * Brings a VM up to the point where its agent takes a request. What a step makes is in the manifest
 * before it is made, so that whatever happens, release finds it.
 */
export async function boot(
  host: VmHost,
  vm: Vm,
  needs: VmNeeds,
  bootTimeoutMs: number,
): Promise<void> {
  await vm.timeline.enter('image')
  const files = await resolveFiles(host.config, needs.runtime)

  await vm.timeline.enter('drives')
  await vm.manifest.open()
  const uid = await vmmUser(host, vm)
  const scratchPath = await makeScratch(host, vm, uid)
  await makeVsockDir(vm, uid)

  await vm.timeline.enter('vmm')
  await using listener = await acceptFromGuest({
    udsPath: vm.directory.udsPath,
    port: host.config.vsockPort,
  })
  const process = await startProcess(host, vm, uid)
  holdProcess(vm, process)
  const settings = machineSettings(host.config, vm, needs, { ...files, scratchPath })
  const call = { signal: vm.signal, deadlineMs: API_CALL_DEADLINE_MS }
  await process.machine.configure(settings, call)

  await vm.timeline.enter('booting')
  await process.machine.start(call)
  await agentReady(vm, process, listener, bootTimeoutMs)
}

/** Links are followed once: a build in the middle of a boot changes nothing for it. */
async function resolveFiles(config: FirecrackerConfig, runtime: Runtime) {
  const [kernel, initrd, rootfs] = await Promise.all([
    resolveImage('kernel', config.kernelPath),
    resolveImage('initrd', config.initrdPath),
    resolveRootfs({ rootfsDir: config.rootfsDir, runtime }),
  ])
  return { kernelPath: kernel.path, initrdPath: initrd.path, rootfsPath: rootfs.path }
}

/** Only root can give the VMM's processes a user of their own; others run them as themselves. */
async function vmmUser({ program, layout }: VmHost, vm: Vm): Promise<number | undefined> {
  if (!program.takesUid || process.getuid?.() !== 0) return undefined
  return leaseUid(layout, vm.directory, vm.manifest)
}

async function makeScratch(host: VmHost, vm: Vm, uid: number | undefined): Promise<string> {
  const dir = scratchDir(host.layout, host.bootId)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, `${vm.directory.vmId}.ext4`)
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

async function makeVsockDir({ directory }: Vm, uid: number | undefined): Promise<void> {
  await mkdir(directory.vsockDir, { mode: 0o700 })
  if (uid !== undefined) await chown(directory.vsockDir, uid, uid)
}

function startProcess(host: VmHost, vm: Vm, uid: number | undefined): Promise<VmmProcess> {
  const { program, layout } = host
  const user = uid === undefined ? [] : ['--uid', String(uid), '--gid', String(uid)]
  vm.manifest.record({ kind: 'vmm' })
  return startVmm({
    launchPath: launchPath(layout),
    binary: program.binary,
    args: [...program.args, ...user, '--id', vm.directory.vmId],
    recordPath: vm.directory.recordPath,
    apiSocketPath: vm.directory.apiSocketPath,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      VULCAN_LIBEXEC: layout.libexecDir,
      VULCAN_RUN: layout.runDir,
    },
    startDeadlineMs: API_START_DEADLINE_MS,
    signal: vm.signal,
  })
}

/** Waits for the agent's one connection and its word: an event; or for the VMM's end or an abort. */
async function agentReady(
  vm: Vm,
  vmm: VmmProcess,
  listener: GuestListener,
  bootTimeoutMs: number,
): Promise<void> {
  const ended = new AbortController()
  void vmm.exited.then(() => {
    ended.abort(new BackendError('boot_failed', 'the guest ended before its agent was ready'))
  })
  const signal = AbortSignal.any([vm.signal, ended.signal])
  const connection = await listener.accept({ deadlineMs: bootTimeoutMs, signal })
  using clock = new Clock()
  clock.restart(
    READY_MESSAGE_DEADLINE_MS,
    new BackendError(
      'agent_unreachable',
      `the agent connected and did not say within ${READY_MESSAGE_DEADLINE_MS} ms that it is ready`,
    ),
  )
  try {
    const bounded = AbortSignal.any([signal, clock.signal])
    parseReady(await orAgentLost(readMessage(new MessageReader(connection)), bounded))
  } finally {
    connection.destroy()
  }
}

/** From now on release ends the process, and its end is known. */
function holdProcess(vm: Vm, process: VmmProcess): void {
  vm.process = process
  void process.exited.then((exit) => {
    vm.exit = exit
  })
}
