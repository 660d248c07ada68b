import { constants, open } from 'node:fs/promises'
import { Fault, osErrorText } from '../fault.ts'

const FLAGS = {
  read: constants.O_RDONLY,
  read_write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT,
} as const

/** Throws `Fault` with `message` of the operating system's reason. */
export async function checkCanOpen(
  path: string,
  access: 'read' | 'read_write' | 'create',
  message: (reason: string) => string,
): Promise<void> {
  try {
    // Without O_NONBLOCK a FIFO would hold a thread until somebody writes to it.
    const file = await open(path, FLAGS[access] | constants.O_NONBLOCK, 0o600)
    await file.close()
  } catch (error) {
    throw new Fault(message(osErrorText(error)), { cause: error })
  }
}
