/** A server under measurement: anything that speaks the HTTP API. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly key: string | undefined
  /** Whose time and memory are read; undefined when it is on another machine. */
  readonly pid: number | undefined
}
