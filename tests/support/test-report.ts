import { relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { describeError } from './describe-error.ts'
import { describeMachine, type MachineKind } from './machine-kind.ts'
import { isPermitted, type PermittedSkip } from './permitted-skips.ts'
import { formatTotals, type Totals } from './totals.ts'

/** Output of a test file that is kept to be shown if the file fails: its last characters. */
const OUTPUT_CHARACTERS_MAX = 16_384
const SLOWEST_SHOWN = 10
/** Of what a test threw, in the list of failures that ends a run: the rest stands with its file. */
const FAILURE_CHARACTERS_MAX = 2_000
const SLOW_MS = 100

interface FileState {
  readonly path: string
  /** Names of the suites and tests that are open, by nesting. */
  readonly names: string[]
  readonly lines: string[]
  passed: number
  failed: number
  skipped: number
  output: string
}

interface TimedTest {
  readonly label: string
  readonly durationMs: number
}

type TestEnd = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data']

/** What a report is told of its run. */
interface ReportOptions {
  /** Paths are shown relative to this directory, and listed so in `permitted`. */
  readonly root: string
  readonly machine: MachineKind
  readonly permitted: readonly PermittedSkip[]
  /** Names each test when it has ended, too: for files that take long. */
  readonly isLive?: boolean
}

/**
 * Turns the events of node:test into text: one line a file, below it what failed or was skipped,
 * and at the end the slowest tests and the totals. Holds the verdict of the run.
 *
 * A run has succeeded when nothing failed, at least one test ran, and every skip (a `todo` is one)
 * is on the list of permitted skips.
 */
export class TestReport {
  readonly #options: ReportOptions
  readonly #files = new Map<string, FileState>()
  readonly #timed: TimedTest[] = []
  readonly #refusedSkips: string[] = []
  readonly #failures: string[] = []
  #passed = 0
  #failed = 0
  #skipped = 0

  constructor(options: ReportOptions) {
    this.#options = options
  }

  get totals(): Totals {
    return { passed: this.#passed, failed: this.#failed, skipped: this.#skipped }
  }

  get succeeded(): boolean {
    return this.#failed === 0 && this.#refusedSkips.length === 0 && this.#passed > 0
  }

  /** What failed or must not be skipped, each in some lines: for the end of a run. */
  get failures(): readonly string[] {
    return [...this.#failures, ...this.#refusedSkips.map((skip) => `  ○ ${skip}`)]
  }

  /** Takes the next event and returns the text to print for it, mostly none. */
  add(event: TestEvent): string {
    switch (event.type) {
      case 'test:start':
        this.#open(event.data.file).names.splice(event.data.nesting, Infinity, event.data.name)
        return ''
      case 'test:pass':
        this.#pass(event.data)
        return this.#live('✔', event.data)
      case 'test:fail':
        this.#fail(event.data)
        return this.#live('✖', event.data)
      case 'test:stdout':
      case 'test:stderr':
        this.#keepOutput(event.data)
        return ''
      case 'test:summary':
        return event.data.file === undefined
          ? ''
          : this.#close(event.data.file, event.data.duration_ms)
      default:
        return ''
    }
  }

  /** The rest: files that ended without a summary (they crashed), slowest tests, verdict. */
  end(): string {
    const open = [...this.#files.keys()].map((file) => this.#close(file))
    return [...open, this.#slowest(), this.#verdict()].join('')
  }

  #pass(data: Extract<TestEvent, { type: 'test:pass' }>['data']): void {
    const file = this.#open(data.file)
    if (isFileItself(data)) {
      this.#recordFailure(file, 'the file', 'holds no test')
      return
    }
    const label = labelOf(file, data)
    const notRun = skipReason(data)
    if (notRun !== undefined) {
      this.#recordSkip(file, label, notRun)
      return
    }
    if (data.details.type === 'suite') return
    file.passed++
    this.#passed++
    this.#timed.push({ label: `${file.path}: ${label}`, durationMs: data.details.duration_ms })
  }

  #fail(data: Extract<TestEvent, { type: 'test:fail' }>['data']): void {
    const file = this.#open(data.file)
    const notRun = skipReason(data)
    if (notRun !== undefined) {
      this.#recordSkip(file, labelOf(file, data), notRun)
      return
    }
    if (failureType(data.details.error) === 'subtestsFailed') return
    const label = isFileItself(data) ? 'the file' : labelOf(file, data)
    this.#recordFailure(file, label, describeError(data.details.error))
  }

  #live(mark: string, data: TestEnd): string {
    if (this.#options.isLive !== true || isFileItself(data)) return ''
    const label = labelOf(this.#open(data.file), data)
    return `    ${mark} ${label} (${seconds(data.details.duration_ms)})\n`
  }

  #recordFailure(file: FileState, label: string, description: string): void {
    file.failed++
    this.#failed++
    file.lines.push(`    ✖ ${label}`, indent(description, 8))
    const start = description.slice(0, FAILURE_CHARACTERS_MAX)
    this.#failures.push(`  ✖ ${file.path}: ${label}\n${indent(start, 6)}`)
  }

  #recordSkip(file: FileState, label: string, reason: string): void {
    file.skipped++
    this.#skipped++
    file.lines.push(`    ○ ${label}: ${reason}`)
    const skip = { file: file.path, test: label, reason }
    if (!isPermitted(skip, this.#options.permitted, this.#options.machine)) {
      this.#refusedSkips.push(`${file.path}: ${label}: ${reason}`)
    }
  }

  #keepOutput({ file: path, message }: { file?: string | undefined; message: string }): void {
    const file = this.#open(path)
    file.output = (file.output + message).slice(-OUTPUT_CHARACTERS_MAX)
  }

  #open(path: string | undefined): FileState {
    const key = resolve(path ?? '(no file)')
    const known = this.#files.get(key)
    if (known !== undefined) return known
    const file: FileState = {
      path: relative(this.#options.root, key),
      names: [],
      lines: [],
      passed: 0,
      failed: 0,
      skipped: 0,
      output: '',
    }
    this.#files.set(key, file)
    return file
  }

  #close(path: string, durationMs?: number): string {
    const key = resolve(path)
    const file = this.#files.get(key)
    if (file === undefined) return ''
    this.#files.delete(key)
    const counts = [
      `${file.passed} passed`,
      ...(file.failed > 0 ? [`${file.failed} failed`] : []),
      ...(file.skipped > 0 ? [`${file.skipped} skipped`] : []),
    ]
    const mark = file.failed > 0 ? '✖' : '✔'
    const took = durationMs === undefined ? '' : `  (${seconds(durationMs)})`
    const lines = [`  ${mark} ${file.path}  ${counts.join(', ')}${took}`, ...file.lines]
    if (file.failed > 0 && file.output.trim() !== '') {
      lines.push('      what it printed:', indent(file.output.trimEnd(), 8))
    }
    return `${lines.join('\n')}\n`
  }

  #slowest(): string {
    const slow = this.#timed
      .filter((test) => test.durationMs >= SLOW_MS)
      .sort((a, b) => b.durationMs - a.durationMs)
      .slice(0, SLOWEST_SHOWN)
    if (slow.length === 0) return ''
    const lines = slow.map((test) => `  ${seconds(test.durationMs).padStart(8)}  ${test.label}`)
    return `the slowest:\n${lines.join('\n')}\n`
  }

  #verdict(): string {
    const lines: string[] = []
    if (this.#passed + this.#failed === 0) lines.push('✖ no test ran')
    if (this.#refusedSkips.length > 0) {
      const where = describeMachine(this.#options.machine)
      lines.push(
        `✖ skipped, but not on the list of tests/support/permitted-skips.ts for a machine ${where}:`,
        ...this.#refusedSkips.map((skip) => `    ${skip}`),
      )
    }
    return `${[...lines, `  ${formatTotals(this.totals)}`].join('\n')}\n`
  }
}

/** node:test reports a file without tests, or one that crashed, as a test with the file's name. */
function isFileItself(data: { name: string; nesting: number; file?: string | undefined }): boolean {
  return data.nesting === 0 && data.file !== undefined && resolve(data.name) === data.file
}

function labelOf(file: FileState, data: { name: string; nesting: number }): string {
  return [...file.names.slice(0, data.nesting), data.name].join(' › ')
}

function skipReason(data: {
  skip?: string | boolean
  todo?: string | boolean
}): string | undefined {
  if (data.skip !== undefined && data.skip !== false) return reasonOf(data.skip)
  if (data.todo !== undefined && data.todo !== false) return `todo: ${reasonOf(data.todo)}`
  return undefined
}

function reasonOf(given: string | true): string {
  return given === true || given === '' ? '(no reason given)' : given
}

function failureType(error: Error): unknown {
  return 'failureType' in error ? error.failureType : undefined
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`
}

function indent(text: string, spaces: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(spaces))
}
