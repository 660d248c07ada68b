import { readdir, readFile } from 'node:fs/promises'
import { hasErrno } from '@vulcan/schema'

/** Clock ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on all of Linux's machines. */
const TICKS_PER_S = 100

interface Stat {
  /** Of its program, 15 characters at most. */
  readonly name: string
  readonly parentPid: number
  readonly cpuMs: number
}

/** The processor time that a process has used, in milliseconds; NaN when it is gone. */
export async function cpuMs(pid: number): Promise<number> {
  return (await readStat(pid))?.cpuMs ?? Number.NaN
}

/** What of a process is in memory, in MiB; NaN when it is gone. */
export async function residentMib(pid: number): Promise<number> {
  return mib(await readProc(pid, 'status'), /^VmRSS:\s+(\d+) kB$/m)
}

/**
 * What a process has of the memory, what it shares counted in parts (`Pss` of smaps_rollup,
 * proc_pid_smaps(5)), in MiB; NaN when it is gone, or is not ours to look at.
 */
export async function pssMib(pid: number): Promise<number> {
  return mib(await readProc(pid, 'smaps_rollup'), /^Pss: +(\d+) kB$/m)
}

/** The processes that a process started, each with all that it started in turn. */
export async function childTrees(pid: number): Promise<number[][]> {
  const children = new Map<number, number[]>()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  for (const child of pids) {
    const parent = (await readStat(child))?.parentPid
    if (parent === undefined) continue
    children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const tree = (root: number): number[] => [root, ...(children.get(root) ?? []).flatMap(tree)]
  return (children.get(pid) ?? []).map(tree)
}

/** Of its program, at most 15 characters; undefined when it is gone. */
export async function nameOf(pid: number): Promise<string | undefined> {
  return (await readStat(pid))?.name
}

async function readStat(pid: number): Promise<Stat | undefined> {
  const stat = await readProc(pid, 'stat')
  if (stat === undefined) return undefined
  // The second field, a name in parentheses, may hold anything.
  const nameEnd = stat.lastIndexOf(')')
  const fields = stat.slice(nameEnd + 2).split(' ')
  const [parentPid, utime, stime] = [fields[1], fields[11], fields[12]].map(Number)
  return {
    name: stat.slice(stat.indexOf('(') + 1, nameEnd),
    parentPid: parentPid ?? 0,
    cpuMs: (((utime ?? 0) + (stime ?? 0)) * 1000) / TICKS_PER_S,
  }
}

async function readProc(pid: number, name: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    const isGone = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].some((code) => hasErrno(error, code))
    if (!isGone) throw error
    return undefined
  }
}

function mib(text: string | undefined, pattern: RegExp): number {
  return Number(pattern.exec(text ?? '')?.[1] ?? Number.NaN) / 1024
}
