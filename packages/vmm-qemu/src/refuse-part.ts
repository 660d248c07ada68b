import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type ConfigurationPart, Fault } from '@vulcan/firecracker'
import { throttleLimits } from './drive-arguments.ts'
import { entropyArguments } from './qemu-arguments.ts'

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
      return refuseVsock(part.value.udsPath)
    case 'entropy':
      entropyArguments(part.value, '')
      return
    case 'serial':
      if (Object.keys(part.value).length > 0)
        throw unsupported('a console elsewhere than on stdout')
      return
    case 'network_interface':
      throw unsupported('a network interface')
    case 'metrics':
      throw unsupported('metrics')
    case 'boot_source':
    case 'logger':
      return
  }
}

function refuseMachineConfig(
  config: Extract<ConfigurationPart, { kind: 'machine_config' }>['value'],
): void {
  if (config.smt === true) throw unsupported('smt')
  if (config.trackDirtyPages === true) throw unsupported('track_dirty_pages')
  if ((config.hugePages ?? 'None') !== 'None') throw unsupported('huge_pages')
}

/** The socket is bound when the machine starts; that its directory is missing is told at once. */
async function refuseVsock(udsPath: string): Promise<void> {
  const directory = dirname(udsPath)
  try {
    if ((await stat(directory)).isDirectory()) return
  } catch (cause) {
    throw new Fault(`Vsock config error: ${directory} cannot be used: ${String(cause)}`, { cause })
  }
  throw new Fault(`Vsock config error: ${directory} is not a directory`)
}

function unsupported(what: string): Fault {
  return new Fault(`The requested operation is not supported: QEMU cannot do ${what}`)
}
