import { SERVE_VARIABLES } from '@vulcan/host'

/** Which VMM: what is started by hand is the same one. */
const VMM_VARIABLES = [
  'VULCAN_LIBEXEC',
  'VULCAN_VMM',
  'VULCAN_FC_BIN',
  'VULCAN_FC_JAILER',
  'VULCAN_FC_JAILER_BIN',
]
/** The images, for which an own place has links. */
const IMAGE_VARIABLES = ['VULCAN_FC_KERNEL_PATH', 'VULCAN_FC_INITRD_PATH', 'VULCAN_FC_ROOTFS_DIR']

const HONOURED = new Set([...VMM_VARIABLES, ...IMAGE_VARIABLES])
const OF_SERVERS = new Set<string>(Object.values(SERVE_VARIABLES).map(({ name }) => name))

/**
 * What a measured host takes of an environment: of Vulcan's variables those that say which VMM. Throws, naming them,
 * where there are others of a host: they would reach one side of a comparison only, or things of the operator's.
 */
export function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.keys(env).filter(
    (name) => (name.startsWith('VULCAN_FC_') && !HONOURED.has(name)) || OF_SERVERS.has(name),
  )
  if (others.length > 0) {
    throw new Error(`the benchmark measures without ${others.join(', ')}: unset what is set of it`)
  }
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !name.startsWith('VULCAN_') || VMM_VARIABLES.includes(name),
    ),
  )
}
