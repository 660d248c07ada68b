import { type FileHandle, readFile } from 'node:fs/promises'

/** One mount, as proc_pid_mountinfo(5) describes it. */
export interface Mount {
  readonly id: number
  /** The directory of its file system that is mounted. */
  readonly root: string
  readonly path: string
  /** Of this mount alone. */
  readonly options: readonly string[]
  readonly type: string
  /** Of the file system behind it. */
  readonly superOptions: readonly string[]
}

export async function mountsOfThisProcess(): Promise<Mount[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'))
}

export function parseMountinfo(text: string): Mount[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    // Optional fields, any number of them, end with a lone "-".
    const [own = '', behind = ''] = line.split(' - ', 2)
    const [id, , , root = '', path = '', options = ''] = own.split(' ')
    const [type = '', , superOptions = ''] = behind.split(' ')
    return {
      id: Number(id),
      root: unescapePath(root),
      path: unescapePath(path),
      options: options.split(','),
      type,
      superOptions: superOptions.split(','),
    }
  })
}

/** The mount in which an open file is: it differs for a bind mount of the same file system, too. */
export async function mountIdOf({ fd }: FileHandle): Promise<number> {
  const text = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')
  return Number(/^mnt_id:\s+(\d+)$/m.exec(text)?.[1])
}

/** Spaces and the like are written in octal. */
function unescapePath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) => {
    return String.fromCharCode(Number.parseInt(digits, 8))
  })
}
