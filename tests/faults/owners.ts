import { OwnerProcess } from './owner-process.ts'

const SPARE = 2

/** Owners that live and have nothing to do, some more than are in use: a start takes long. */
export class Owners implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv
  readonly #all = new Set<OwnerProcess>()
  #idle: OwnerProcess[] = []

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env
  }

  /** The pids of all who may live. */
  get pids(): ReadonlySet<number> {
    return new Set([...this.#all].map(({ pid }) => pid))
  }

  take(): OwnerProcess {
    const owner = this.#idle.shift() ?? this.#start()
    while (this.#idle.length < SPARE) this.#idle.push(this.#start())
    return owner
  }

  giveBack(owner: OwnerProcess): void {
    if (owner.isAlive) this.#idle.push(owner)
    else this.#all.delete(owner)
  }

  #start(): OwnerProcess {
    const owner = new OwnerProcess(this.#env)
    this.#all.add(owner)
    return owner
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((owner) => owner[Symbol.asyncDispose]()))
  }
}
