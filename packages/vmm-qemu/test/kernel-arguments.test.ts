import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelArguments } from '../src/kernel-arguments.ts'

const ROOT = { driveId: 'r', isRootDevice: true, pathOnHost: '/r', isReadOnly: true }

test('the root device is added as Firecracker adds it', () => {
  assert.equal(kernelArguments('a=b', ROOT, undefined), 'a=b root=/dev/vda ro reboot=t')
  const writable = { ...ROOT, isReadOnly: false, partuuid: '0eaa91a0-01' }
  assert.equal(kernelArguments('', writable, undefined), 'root=PARTUUID=0eaa91a0-01 rw reboot=t')
})

test('under emulation the guest is told the frequencies of its clock and its timer', () => {
  assert.match(
    kernelArguments('', undefined, 2_100_000),
    /^no_timer_check tsc=reliable lpj=4000000 tsc_early_khz=2100000 vulcan\.timer_khz=62500 .*reboot=t$/,
  )
})

test("our way to restart comes after the caller's, since the last one counts", () => {
  assert.equal(
    kernelArguments('reboot=k panic=1', undefined, undefined),
    'reboot=k panic=1 reboot=t',
  )
})

test("what is meant for the guest's init stays at the end", () => {
  assert.equal(
    kernelArguments('quiet -- -x --flag -- y', ROOT, undefined),
    'quiet root=/dev/vda ro reboot=t -- -x --flag -- y',
  )
})

test('a line that the kernel would cut off is refused', () => {
  const longest = 'x'.repeat(2047 - ' reboot=t'.length)
  assert.equal(kernelArguments(longest, undefined, undefined).length, 2047)
  assert.throws(() => kernelArguments(`${longest}x`, undefined, undefined), { code: 'vmm_fault' })
})
