import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestFiles, HandMade } from './guest-files.ts'

/** What Firecracker adds to the kernel's command line by itself. */
const ITS_OWN = /^(root=|ro$|rw$|virtio_mmio\.device=)/

/** Starts Firecracker with one file that says all: there is no quicker way to have a guest booted. */
export async function startFirecracker(
  { libexecDir }: GuestFiles,
  vm: HandMade,
  held: (child: ChildProcess) => ChildProcess,
): Promise<void> {
  const config = join(vm.directory, 'vm.json')
  await writeFile(config, JSON.stringify(configuration(vm)))
  const program = process.env['VULCAN_FC_BIN'] ?? join(libexecDir, 'firecracker')
  held(spawn(program, ['--no-api', '--config-file', config], { stdio: 'ignore' }))
}

function configuration(vm: HandMade): object {
  const { kernel, initrd, rootfs, scratch, commandLine, memMib, vcpus, udsPath } = vm
  const words = commandLine.split(/\s+/).filter((word) => !ITS_OWN.test(word))
  const drive = (id: string, path: string, isRoot: boolean) => ({
    drive_id: id,
    path_on_host: path,
    is_root_device: isRoot,
    is_read_only: isRoot,
  })
  return {
    'boot-source': {
      kernel_image_path: kernel,
      initrd_path: initrd,
      boot_args: words.join(' '),
    },
    drives: [drive('rootfs', rootfs, true), drive('scratch', scratch, false)],
    'machine-config': { vcpu_count: vcpus, mem_size_mib: memMib },
    vsock: { guest_cid: 3, uds_path: udsPath },
  }
}
