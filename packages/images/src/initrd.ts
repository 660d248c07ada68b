import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artefact, StoredArtefact } from './artefact.ts'
import { type CpioEntry, writeCpio } from './cpio.ts'
import { GuestAgentMissingError } from './errors.ts'

/** Raised when the code that builds changes what comes out. */
const REVISION = 1
const NEEDED_BYTES = 64 * 1024 * 1024
/** Mount points for the agent; `/dev/console` comes with the kernel's own initramfs. */
const EMPTY_DIRECTORIES = ['dev', 'proc', 'sys', 'image', 'scratch', 'newroot']
const MODULES_PREFIX = 'modules/'

/**
 * The initrd of a kernel and an agent: `/init`, `/modules/*.ko` with `/modules/order` and
 * `/modules/order-network`, and mount points. Uncompressed, since it never leaves the machine and
 * the guest would have to unpack it.
 *
 * Throws `guest_agent_missing`.
 */
export async function initrdArtefact(kernel: StoredArtefact, guestPath: string): Promise<Artefact> {
  const guest = await readGuest(guestPath)
  const guestSha256 = createHash('sha256').update(guest).digest('hex')
  const modules = kernel.meta.files.filter((file) => file.path.startsWith(MODULES_PREFIX))
  return {
    name: 'initrd',
    kind: 'initrd',
    recipe: { revision: REVISION, directories: EMPTY_DIRECTORIES, guestSha256, modules },
    neededBytes: NEEDED_BYTES,
    links: { initrd: 'initrd' },
    async build({ output }, context) {
      context.report('packing the agent and the modules')
      const files = modules.map(async ({ path }): Promise<CpioEntry> => {
        return { path, mode: 0o644, data: await readFile(join(kernel.directory, path)) }
      })
      const entries: CpioEntry[] = [
        { path: 'init', mode: 0o755, data: guest },
        ...['modules', ...EMPTY_DIRECTORIES].map((path) => ({ path, mode: 0o755 })),
        ...(await Promise.all(files)),
      ]
      await writeFile(join(output, 'initrd'), writeCpio(entries))
      return { guest: guestSha256.slice(0, 12), ...kernel.meta.versions }
    },
  }
}

async function readGuest(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new GuestAgentMissingError(path, { cause })
  }
}
