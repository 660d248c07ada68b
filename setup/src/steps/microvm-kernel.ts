import { join } from 'node:path'
import { buildMicrovmKernel } from '@vulcan/images'
import type { Step } from '../step.ts'

/** The kernel of our own configuration, and its initrd. */
export function microvmKernel(home: string, guestPath: string): Step {
  return {
    name: 'kernel for microVMs',
    estimate: { downloadMib: 160, diskMib: 3000, seconds: 900 },
    // The store knows, within milliseconds.
    isDone: async () => false,
    async run({ signal, report, conclude }) {
      await buildMicrovmKernel({
        home,
        guestPath,
        signal,
        onProgress: ({ step, detail }) => report(`${step}: ${detail}`),
      })
      const files = { KERNEL: 'vmlinux', INITRD: 'initrd' }
      const variables = Object.entries(files).map(
        ([name, file]) => `VULCAN_FC_${name}_PATH=${join(home, 'microvm', file)}`,
      )
      conclude(`there, for those who set ${variables.join(' ')}`)
    },
  }
}
