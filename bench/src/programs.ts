import { randomUUID } from 'node:crypto'
import type { Runtime } from '@vulcan/schema'

/** One program and what it is to write: nobody can have its output ready. */
export interface Program {
  readonly runtime: Runtime
  readonly code: string
  readonly nonce: string
}

const HELLO: Readonly<Record<Runtime, (nonce: string) => string>> = {
  python: (nonce) => `print("${nonce}")`,
  node: (nonce) => `console.log("${nonce}")`,
  go: (nonce) => `package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("${nonce}") }\n`,
}

const WAIT: Readonly<Record<Runtime, (nonce: string, seconds: number) => string>> = {
  python: (nonce, seconds) => `import time\nprint("${nonce}", flush=True)\ntime.sleep(${seconds})`,
  node: (nonce, seconds) => `console.log("${nonce}")\nsetTimeout(() => {}, ${seconds * 1000})`,
  go: (nonce, seconds) =>
    `package main\n\nimport (\n\t"fmt"\n\t"time"\n)\n\n` +
    `func main() {\n\tfmt.Println("${nonce}")\n\ttime.Sleep(${seconds} * time.Second)\n}\n`,
}

/** Writes its nonce and ends. */
export function hello(runtime: Runtime): Program {
  const nonce = randomUUID()
  return { runtime, nonce, code: HELLO[runtime](nonce) }
}

/** Writes its nonce and then does nothing. */
export function waiting(runtime: Runtime, seconds: number): Program {
  const nonce = randomUUID()
  return { runtime, nonce, code: WAIT[runtime](nonce, seconds) }
}
