import { readFile } from 'node:fs/promises'

const START_TIME_FIELD = 22

/**
 * What tells one process from every other that ever ran here: a pid comes back, but not with the
 * same start time within one boot. Three parts joined by dots, fit for a file name.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const [startTime, bootId] = await Promise.all([
    startTimeTicks(pid),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ])
  return startTime && `${pid}.${startTime}.${bootId.trim().replaceAll('-', '')}`
}

/** Whether the process of this identity still runs. False for what is no identity. */
export async function isAlive(identity: string): Promise<boolean> {
  const pid = Number(identity.split('.')[0])
  return Number.isSafeInteger(pid) && pid > 0 && (await processIdentity(pid)) === identity
}

async function startTimeTicks(pid: number): Promise<string | undefined> {
  let stat: string
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // ESRCH: it ended between open and read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
  // The second field is the program's name in parentheses and may itself hold any character.
  const fieldsFromThird = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fieldsFromThird[START_TIME_FIELD - 3]
}
