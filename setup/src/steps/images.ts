import { buildImages } from '@vulcan/images'
import type { Step } from '../step.ts'
import { ImagesStamp } from './images-stamp.ts'

const LINKS = ['vmlinux', 'initrd', 'rootfs/python.ext4', 'rootfs/node.ext4', 'rootfs/go.ext4']

/** Kernel, initrd and the images of the runtimes, in the store of VULCAN_HOME. */
export async function images(home: string, guestPath: string): Promise<Step> {
  const stamp = await ImagesStamp.of(home, 'images-made-from', guestPath)
  return {
    name: 'kernel, initrd and images',
    estimate: { downloadMib: 400, diskMib: 750, seconds: 200 },
    isDone: () => stamp.isCurrent(LINKS),
    run: ({ signal, report }) =>
      stamp.remember(() =>
        buildImages({
          home,
          guestPath,
          signal,
          onProgress: ({ step, detail }) => report(`${step}: ${detail}`),
        }),
      ),
  }
}
