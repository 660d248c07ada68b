/** Which VMM: what is started by hand is the same one. */
const VMM_VARIABLES = [
  'VULCAN_LIBEXEC',
  'VULCAN_VMM',
  'VULCAN_FC_BIN',
  'VULCAN_FC_JAILER',
  'VULCAN_FC_JAILER_BIN',
]
/** What an own place says itself, or has links for. */
const PLACE_VARIABLES = [
  'VULCAN_HOME',
  'VULCAN_RUN',
  'VULCAN_FC_KERNEL_PATH',
  'VULCAN_FC_INITRD_PATH',
  'VULCAN_FC_ROOTFS_DIR',
]

/**
 * What a measured host takes of an environment. Throws, naming them, where there are variables of Vulcan that would
 * reach one side of a comparison only, or things of the operator's: a database, a server.
 */
export function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(env).filter(([name]) => !name.startsWith('VULCAN_'))
  const others = Object.keys(env).filter(
    (name) => name.startsWith('VULCAN_') && ![...VMM_VARIABLES, ...PLACE_VARIABLES].includes(name),
  )
  if (others.length > 0) {
    throw new Error(`the benchmark measures without ${others.join(', ')}: unset what is set of it`)
  }
  const vmm = VMM_VARIABLES.map((name) => [name, env[name]]).filter(
    ([, value]) => value !== undefined,
  )
  return Object.fromEntries([...own, ...vmm])
}
