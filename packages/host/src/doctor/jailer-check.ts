import { checkJails } from '@vulcan/backend-firecracker'
import { messageOf } from '@vulcan/schema'
import { jailerVersion } from '../jailer-choice.ts'
import type { Settings } from '../settings.ts'
import { jailerPath } from '../vmm-choice.ts'
import { type Check, type Finding, fail, ok } from './check.ts'

/** What VMs in jails need; that there is a jailer was a condition of the settings. */
export function jailerCheck({ layout, config }: Settings): Check {
  return {
    code: 'jailer',
    needs: config.jailerEnabled ? ['data_directory'] : [],
    run: async (): Promise<Finding> => {
      if (!config.jailerEnabled) return ok('not used, since VULCAN_FC_JAILER is "false"')
      const path = jailerPath(layout, config)
      const version = await jailerVersion(path)
      try {
        const cgroups = await checkJails(layout)
        return ok(`${version} at ${path}, with cgroups of version ${cgroups}`)
      } catch (error) {
        return fail(messageOf(error), 'mend that, or set VULCAN_FC_JAILER=false')
      }
    },
  }
}
