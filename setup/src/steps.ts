import { join } from 'node:path'
import { cloneDir } from './places.ts'
import type { Step } from './step.ts'
import { bundles } from './steps/bundles.ts'
import { firecracker, kvmBootsGuest } from './steps/firecracker.ts'
import { images } from './steps/images.ts'
import { libexec } from './steps/libexec.ts'
import { libraries } from './steps/libraries.ts'
import { microvmKernel } from './steps/microvm-kernel.ts'
import { nativePrograms } from './steps/native-programs.ts'
import { nestedHost } from './steps/nested-host.ts'
import { nestedQemu } from './steps/nested-qemu.ts'
import { rustToolchain } from './steps/rust-toolchain.ts'
import { vhostDeviceVsock } from './steps/vhost-device-vsock.ts'

/** The steps of a target, in their order. Needs `node_modules`, which setup/setup has brought. */
export async function stepsFor(target: string | undefined, home: string): Promise<Step[]> {
  const rust = await rustToolchain()
  if (target === 'check') return [rust]
  const native = await nativePrograms(home, rust.channel)
  if (target === 'test-unit') return [rust, native, libexec(native.programs)]
  if (target === 'kernel')
    return [rust, native, await microvmKernel(home, native.programs['vulcan-guest'])]
  const vsock = vhostDeviceVsock(home, rust.channel)
  const programs = libexec({
    ...native.programs,
    ...vsock.programs,
    'vulcan-vmm': join(cloneDir, 'bin/vulcan'),
  })
  // What is installed builds its images itself, where it runs, and that may be another machine.
  if (target === 'install')
    return [rust, native, vsock, await bundles(), programs, firecracker(home)]
  return [
    rust,
    native,
    vsock,
    await images(home, native.programs['vulcan-guest']),
    await bundles(),
    // Nobody who only wants to run something waits for it.
    ...(target === 'demo' ? [] : await libraries()),
    programs,
    firecracker(home, kvmBootsGuest),
    ...(target === 'test-nested' ? [await nestedHost(home), await nestedQemu(home)] : []),
  ]
}
