import { join } from 'node:path'
import { buildMicrovmKernel } from '@vulcan/images'
import type { Step } from '../step.ts'
import { ImagesStamp } from './images-stamp.ts'

const FILES = { KERNEL: 'microvm/vmlinux', INITRD: 'microvm/initrd' }

/** The kernel of our own configuration, and its initrd. */
export async function microvmKernel(home: string, guestPath: string): Promise<Step> {
  const stamp = await ImagesStamp.of(home, 'microvm-kernel-made-from', guestPath)
  return {
    name: 'kernel for microVMs',
    estimate: { downloadMib: 160, diskMib: 3000, seconds: 900 },
    isDone: () => stamp.isCurrent(Object.values(FILES)),
    async run({ signal, report, conclude }) {
      await stamp.remember(() =>
        buildMicrovmKernel({
          home,
          guestPath,
          signal,
          onProgress: ({ step, detail }) => report(`${step}: ${detail}`),
        }),
      )
      const variables = Object.entries(FILES).map(
        ([name, file]) => `VULCAN_FC_${name}_PATH=${join(home, file)}`,
      )
      conclude(`there, for those who set ${variables.join(' ')}`)
    },
  }
}
