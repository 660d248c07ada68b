import { type Drive, Fault } from '@vulcan/firecracker/api'

/** COMMAND_LINE_SIZE of Linux on x86 is 2048, with the terminating zero. */
const LENGTH_MAX = 2047

/**
 * What emulation makes slow and the guest does without: the self-tests of ciphers, and a source of
 * randomness beside RDRAND (half a second together). And watchdogs, which a pause would alarm.
 */
const LEFT_OUT =
  'cryptomgr.notests initcall_blacklist=jent_mod_init nowatchdog rcupdate.rcu_cpu_stall_suppress=1'

/** The timer of QEMU's local APIC counts nanoseconds, and Linux lets it count every 16th. */
const TIMER_KHZ = 1_000_000 / 16

/**
 * The guest's kernel command line: what the caller gave, the root device as Firecracker adds it,
 * and what QEMU's machine needs.
 *
 * `tscKhz` is given under TCG, which passes the host's time stamp counter through without telling
 * the guest its frequency: a guest that has to find it out itself mostly hangs, and another value
 * skews its clock. How fast its timer is, it finds out wrong where QEMU does not get its time: the
 * agent looks whether it did (`vulcan.timer_khz`). Restarting takes a triple fault, since the machine has no keyboard controller.
 * Throws `Fault` where the line gets too long.
 */
export function kernelArguments(
  bootArgs: string,
  root: Drive | undefined,
  tscKhz: number | undefined,
): string {
  // What follows the double hyphen belongs to the guest's init.
  const [own = '', ...ofInit] = bootArgs.split(/(?<=^| )--(?= |$)/)
  const line = [own.trim(), rootArguments(root), emulationArguments(tscKhz), 'reboot=t']
    .concat(ofInit.length > 0 ? ['--', ofInit.join('--').trim()] : [])
    .filter((part) => part !== '')
    .join(' ')
  if (line.length <= LENGTH_MAX) return line
  throw new Fault(
    `Start microvm error: the kernel command line has ${line.length} bytes with what QEMU needs, at most ${LENGTH_MAX} fit`,
  )
}

function rootArguments(root: Drive | undefined): string {
  if (root === undefined) return ''
  const device = root.partuuid === undefined ? '/dev/vda' : `PARTUUID=${root.partuuid}`
  return `root=${device} ${root.isReadOnly === true ? 'ro' : 'rw'}`
}

function emulationArguments(tscKhz: number | undefined): string {
  if (tscKhz === undefined) return ''
  const clocks = `no_timer_check tsc=reliable lpj=4000000 tsc_early_khz=${tscKhz}`
  return `${clocks} vulcan.timer_khz=${TIMER_KHZ} ${LEFT_OUT}`
}
