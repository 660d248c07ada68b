import { VulcanError } from '@vulcan/schema'

/**
 * `cgroup_unavailable`: this machine, or what this process may do on it, has no cgroups with the
 * controllers that limit a VM. `cgroup_failed`: one could not be made or removed.
 */
export class CgroupError extends VulcanError<'cgroup_unavailable' | 'cgroup_failed'> {}
