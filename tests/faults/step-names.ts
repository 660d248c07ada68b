import { basename } from 'node:path'

/** What the files of a host are, by their paths. The first one that matches counts. */
const FILES: readonly (readonly [RegExp, string])[] = [
  [/\/owners\/[^/]+\.lock$/, 'lock'],
  [/\/vms\/[^/]+$/, 'VM directory'],
  [/\/slots\/[^/]+$/, 'slot directory'],
  [/\/vsock$/, 'vsock directory'],
  [/\/leases\/uid\/\d+$/, 'uid lease'],
  [/\/leases\/slot\/\d+$/, 'slot lease'],
  [/\/scratch\/[^/]+\/[^/]+$/, 'scratch drive'],
  [/\/ended\/[^/]+$/, 'end'],
]

/** `rename VM directory`; undefined for a file that nobody must release. */
export function fileStep(operation: string, path: unknown): string | undefined {
  const file = FILES.find(([pattern]) => pattern.test(String(path)))
  return file && `${operation} ${file[1]}`
}

/** `record vms uid`, `journal phase booting`: a line that was appended. */
export function lineStep(path: unknown, line: unknown): string | undefined {
  const file = basename(String(path))
  const entry = JSON.parse(String(line))
  if (file === 'journal.ndjson') return ['journal', entry.event, entry.phase].join(' ').trim()
  if (file !== 'manifest.ndjson') return undefined
  const holding = String(path).includes('/slots/') ? 'slot' : 'VM'
  const result = entry.result === undefined ? '' : ' result'
  return `record ${holding} ${entry.kind}${result}`
}

/** `spawn ptp ADD`, `spawn ip netns add`: a program that is started. */
export function spawnStep(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): string {
  const [program = '', ...rest] = guarded(args) ?? [command, ...args]
  const words = [basename(program), env['CNI_COMMAND'], ...verbs(basename(program), rest)]
  return ['spawn', ...words.filter((word) => word !== undefined)].join(' ')
}

/** What a program of the network package is started behind. */
function guarded(args: readonly string[]): readonly string[] | undefined {
  if (args[0] === '--pdeathsig') return args.slice(7)
  return args[0] === '--signal' ? args.slice(3) : undefined
}

function verbs(program: string, args: readonly string[]): readonly string[] {
  if (program === 'vulcan-launch') return args.slice(0, 1)
  if (program === 'ip' || program === 'tc')
    return args.includes('-batch') ? ['-batch'] : ipVerbs(args)
  return []
}

const ipVerbs = (args: readonly string[]) =>
  args.filter((arg) => /^(netns|link|add|delete|set|show)$/.test(arg))
