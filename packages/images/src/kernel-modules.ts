import { KernelFormatError } from './errors.ts'

/** The kernel's own way to write a module's name, whatever its file is called. */
export function normalizeModuleName(name: string): string {
  return name.replaceAll('-', '_')
}

/**
 * The modules that a module needs, from the `depends=` entry that every module carries in its
 * section `.modinfo`. That section is what depmod reads too; Debian ships no `modules.dep`, which
 * is made when a package is configured. Throws `kernel_format` where there is no such entry.
 */
export function readModuleDependencies(name: string, module: Buffer): string[] {
  const key = '\0depends='
  const start = module.indexOf(key, 0, 'latin1')
  if (start === -1) throw new KernelFormatError(`the module ${name} does not say what it needs`)
  const end = module.indexOf(0, start + key.length)
  const value = module.toString('latin1', start + key.length, end === -1 ? undefined : end)
  return value === '' ? [] : value.split(',').map(normalizeModuleName)
}

/**
 * The order in which modules can be loaded: each after all that it needs, the wanted ones otherwise
 * in the order given. `dependenciesOf` is asked once for each module and may throw.
 */
export async function resolveLoadOrder(
  wanted: readonly string[],
  dependenciesOf: (name: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const order: string[] = []
  const seen = new Set<string>()
  const visit = async (name: string): Promise<void> => {
    if (seen.has(name)) return
    seen.add(name)
    for (const dependency of await dependenciesOf(name)) await visit(dependency)
    order.push(name)
  }
  for (const name of wanted) await visit(normalizeModuleName(name))
  return order
}

const SIGNATURE_MARK = '~Module signature appended~\n'
const SIGNATURE_INFO_BYTES = 12

/**
 * A module without the signature at its end. The initrd is trusted as a whole, and to verify ten
 * signatures costs an emulated guest 0.4 s, a fifth of its boot; a kernel that does not insist on
 * signatures does not look where there is none.
 *
 *     module | signature | 8 bytes, u32 length of the signature, big endian | mark
 *
 * Source: include/linux/module_signature.h of Linux. Throws `kernel_format`.
 */
export function stripModuleSignature(name: string, module: Buffer): Buffer {
  const infoEnd = module.length - SIGNATURE_MARK.length
  if (module.toString('latin1', Math.max(infoEnd, 0)) !== SIGNATURE_MARK) return module
  const infoStart = infoEnd - SIGNATURE_INFO_BYTES
  const signatureStart = infoStart < 0 ? -1 : infoStart - module.readUInt32BE(infoEnd - 4)
  if (signatureStart < 0) throw new KernelFormatError(`the signature of module ${name} is cut off`)
  return module.subarray(0, signatureStart)
}
