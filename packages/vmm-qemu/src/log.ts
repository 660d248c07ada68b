import { closeSync, openSync, writeSync } from 'node:fs'

/** From silent to everything, as Firecracker's API names them. */
export const LOG_LEVELS = ['Off', 'Error', 'Warn', 'Info', 'Debug', 'Trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const STDERR_FD = 2

/** The program's log: one line an event. stdout belongs to the guest's console. */
export class Log implements Disposable {
  readonly #id: string
  #level: LogLevel
  #fd = STDERR_FD

  constructor(id: string, level: LogLevel) {
    this.#id = id
    this.#level = level
  }

  /** Changes what is given. Throws the system's error when the file cannot be opened. */
  configure({
    path,
    level,
  }: {
    readonly path?: string | undefined
    readonly level?: LogLevel | undefined
  }): void {
    if (path !== undefined) {
      const fd = openSync(path, 'a', 0o600)
      this[Symbol.dispose]()
      this.#fd = fd
    }
    this.#level = level ?? this.#level
  }

  error(message: string): void {
    this.#write('Error', message)
  }

  warn(message: string): void {
    this.#write('Warn', message)
  }

  info(message: string): void {
    this.#write('Info', message)
  }

  [Symbol.dispose](): void {
    if (this.#fd !== STDERR_FD) closeSync(this.#fd)
    this.#fd = STDERR_FD
  }

  #write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.#level)) return
    const line = message.replaceAll(/[\r\n]+/g, ' | ')
    try {
      writeSync(this.#fd, `${new Date().toISOString()} [${this.#id}:${level}] ${line}\n`)
    } catch {
      // A reader that went away or does not read loses the line, and must not end the machine.
    }
  }
}
