/** The port on which the agent listens, and on which it dials the host when it is ready. */
export const DEFAULT_VSOCK_PORT = 1024
/** Context ids 0 to 2 mean hypervisor, loopback and host (vsock(7)). */
export const MIN_CID = 3
export const DEFAULT_VCPUS = 1
/** The Go compiler needs more than 128 MiB. */
export const DEFAULT_MEM_MB = 512
export const SUPPORTED_RUNTIMES = ['go', 'node', 'python'] as const
/** Where the program and its files are in the guest. */
export const GUEST_WORK_DIR = '/work'
export const GUEST_AGENT_PATH = '/usr/local/bin/vulcan-guest'
/** Resolvers for guests that have a network: theirs must be reachable from anywhere (Cloudflare, Google). */
export const DEFAULT_DNS = ['1.1.1.1', '8.8.8.8'] as const

/** Where distributions and CNI's own releases put plugins, in the order of the search. */
export const CNI_BIN_DIRS = ['/opt/cni/bin', '/usr/lib/cni'] as const
