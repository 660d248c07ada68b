import { constants, open } from 'node:fs/promises'
import { Fault, osErrorText } from '../fault.ts'

/** Throws `Fault` with `message` of the operating system's reason. */
export async function checkCanOpen(
  path: string,
  access: 'read' | 'read_write',
  message: (reason: string) => string,
): Promise<void> {
  try {
    const flags = access === 'read' ? constants.O_RDONLY : constants.O_RDWR
    // Without O_NONBLOCK a FIFO would hold a thread until somebody writes to it.
    const file = await open(path, flags | constants.O_NONBLOCK)
    await file.close()
  } catch (error) {
    throw new Fault(message(osErrorText(error)), { cause: error })
  }
}
