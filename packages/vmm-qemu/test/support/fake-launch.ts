import { existsSync, writeFileSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

/**
 * Stands in for vulcan-launch and for what it would start. Without a jail, `--bind` only tells
 * which path of this machine is meant. What QEMU does is in the guest's boot arguments:
 *
 *   fake=refuse   ends at once, saying why
 *   fake=hasty    the guest restarts before anybody is greeted
 *   fake=quick    the guest restarts before it can be told
 *   fake=silent   never greets
 *   fake=reboot   the guest restarts as soon as it runs
 *   fake=again    the guest powers off, and restarts when it was reset and runs again
 *   fake=off      the guest powers off whenever it runs
 *   fake=crash    ends without a word as soon as it runs
 *   fake=stubborn ignores SIGTERM
 *   console=      is answered on stdout
 */
const [command = '', ...rest] = process.argv.slice(2)

const TSC_KHZ = '2100000\n'

if (command === 'tsc') {
  process.stdout.write(TSC_KHZ)
} else {
  const separator = rest.indexOf('--')
  const [program = '', ...args] = rest.slice(separator + 1)
  const source = sourcesOf(rest.slice(0, separator))
  if (program === '/vhost-device-vsock') beVsockDevice(args, source)
  else beQemu(args, source)
}

function sourcesOf(options: string[]): (path: string) => string {
  const { values } = parseArgs({
    args: options,
    options: { bind: { type: 'string', multiple: true, default: [] } },
    strict: false,
  })
  const binds = (values.bind as string[]).map((bind) => bind.split(':'))
  return (path) => {
    const [source = '', target = ''] =
      binds.find(([, target]) => path === target || path.startsWith(`${target}/`)) ?? []
    return source + path.slice(target.length)
  }
}

function beVsockDevice(args: string[], source: (path: string) => string): void {
  const value = (option: string) => source(args[args.indexOf(option) + 1] ?? '')
  // Node would remove them at the end, which is not the device's doing.
  process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'))
  createServer().listen(value('--uds-path'))
  createServer().listen(value('--socket'))
}

function beQemu(args: string[], source: (path: string) => string): void {
  const bootArgs = args[args.indexOf('-append') + 1] ?? ''
  const scenario = /fake=(\w+)/.exec(bootArgs)?.[1]
  if (scenario === 'refuse' && !existsSync(`${source('/kernel')}.refused`)) {
    // Once: so that the machine can be started after that.
    writeFileSync(`${source('/kernel')}.refused`, '')
    process.stderr.write('qemu: there is no such machine\n')
    process.exit(1)
  }
  if (scenario === 'hasty') process.exit(0)
  if (scenario === 'stubborn') process.on('SIGTERM', () => undefined)
  if (bootArgs.includes('console=')) process.stdout.write(`console: ${bootArgs}\n`)
  const monitor = new Socket({ fd: 3 })
  const send = (message: unknown) => monitor.write(`${JSON.stringify(message)}\n`)
  if (scenario !== 'silent') send({ QMP: { version: {}, capabilities: [] } })
  const guestEnds = (reason: string) => send({ event: 'SHUTDOWN', data: { guest: true, reason } })
  let isReset = false
  let reboot = 'shutdown'
  createInterface(monitor).on('line', (line) => {
    const { execute, id, arguments: given } = JSON.parse(line)
    send({ return: {}, id })
    if (execute === 'set-action') reboot = given.reboot ?? reboot
    if (execute === 'system_reset' && reboot === 'reset') {
      isReset = true
      send({ event: 'RESET', data: { guest: false, reason: 'host-qmp-system-reset' } })
    }
    if (execute !== 'qmp_capabilities' && execute !== 'cont') return
    if (scenario === 'crash') process.exit(139)
    if (scenario === 'quick') process.exit(0)
    if (scenario === 'off' || (scenario === 'again' && !isReset)) guestEnds('guest-shutdown')
    if (scenario === 'reboot' || (scenario === 'again' && isReset)) guestEnds('guest-reset')
  })
}
