import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ConfigurationPart, Fault } from '@vulcan/firecracker/api'
import { throttleLimits } from './drive-arguments.ts'
import { networkArguments, networkFault } from './network-arguments.ts'
import { entropyArguments } from './qemu-arguments.ts'

/** The lower ones mean hypervisor, loopback and host (vsock(7)). */
const GUEST_CID_MIN = 3

type PartValue<Kind extends ConfigurationPart['kind']> = Extract<
  ConfigurationPart,
  { kind: Kind }
>['value']

/** Throws `Fault` for a part of the configuration that cannot be honoured. */
export async function refusePart(part: ConfigurationPart): Promise<void> {
  switch (part.kind) {
    case 'machine_config':
      return refuseMachineConfig(part.value)
    case 'drive':
      if (part.value.socket !== undefined) throw unsupported('a drive behind a vhost-user socket')
      throttleLimits(part.value.rateLimiter)
      return
    case 'vsock':
      return refuseVsock(part.value)
    case 'entropy':
      entropyArguments(part.value, '')
      return
    case 'serial':
      if (Object.keys(part.value).length > 0)
        throw unsupported('a console elsewhere than on stdout')
      return
    case 'network_interface':
      networkArguments(part.value, 0, '')
      return refuseMissingTap(part.value.hostDevName)
    case 'metrics':
      throw unsupported('metrics')
    case 'cpu_config':
      throw unsupported('a CPU template')
    case 'pmem':
      throw unsupported('persistent memory')
    case 'balloon':
      throw unsupported('a balloon')
    case 'mmds_config':
      throw unsupported('a metadata service')
    case 'memory_hotplug':
      throw unsupported('memory hotplug')
    case 'boot_source':
    case 'logger':
      return
  }
}

function refuseMachineConfig(config: PartValue<'machine_config'>): void {
  if ((config.cpuTemplate ?? 'None') !== 'None') throw unsupported('cpu_template')
  if (config.smt === true) throw unsupported('smt')
  if (config.trackDirtyPages === true) throw unsupported('track_dirty_pages')
  if ((config.hugePages ?? 'None') !== 'None') throw unsupported('huge_pages')
}

/**
 * The socket is bound when the machine starts; that its directory is missing is told at once. So is a
 * reserved context id, with which no guest can be reached, and which Firecracker lets pass.
 */
async function refuseVsock({ guestCid, udsPath }: PartValue<'vsock'>): Promise<void> {
  if (guestCid < GUEST_CID_MIN) {
    throw new Fault(
      `Vsock config error: guest_cid ${guestCid} is reserved, the lowest is ${GUEST_CID_MIN}`,
    )
  }
  const directory = dirname(udsPath)
  try {
    if ((await stat(directory)).isDirectory()) return
  } catch (cause) {
    throw new Fault(`Vsock config error: ${directory} cannot be used: ${String(cause)}`, { cause })
  }
  throw new Fault(`Vsock config error: ${directory} is not a directory`)
}

/**
 * The TAP must be there, in this process's network namespace: with a name that is free, Firecracker
 * makes one as root, which leads nowhere.
 */
async function refuseMissingTap(name: string): Promise<void> {
  // Not in /sys, which may show another namespace.
  const devices = await readFile('/proc/self/net/dev', 'utf8')
  if (devices.split('\n').some((line) => line.trim().startsWith(`${name}:`))) return
  throw networkFault(
    `Open tap device failed: Error while creating ifreq structure: No such device (os error 19). Invalid TUN/TAP Backend provided by ${name}. Check our documentation on setting up the network devices.`,
  )
}

function unsupported(what: string): Fault {
  return new Fault(`The requested operation is not supported: QEMU cannot do ${what}`)
}
