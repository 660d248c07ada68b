import childProcess from 'node:child_process'
import fs from 'node:fs'
import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { fileStep, lineStep, spawnStep } from './step-names.ts'

export type Edge = 'before' | 'after'
type OnStep = (step: string, edge: Edge) => void
type Call<Args extends unknown[], Result> = (...args: Args) => Result

/**
 * From now on `onStep` is told of each thing that this process does to the world, before it and
 * after it, whichever package does it: Node's own functions are replaced. What `onStep` does before
 * it returns comes before anything else, so a process can end itself exactly there.
 */
export function watchSteps(onStep: OnStep): void {
  watchFiles(onStep)
  watchPrograms(onStep)
  syncBuiltinESMExports()
}

function watchFiles(onStep: OnStep): void {
  const { appendFileSync } = fs
  fs.appendFileSync = (path, data, options) => {
    around(onStep, lineStep(path, data), () => appendFileSync(path, data, options))
  }
  const { mkdir, symlink, rename, rm, open, chown } = fsPromises
  Object.assign(fsPromises, {
    mkdir: later(onStep, (path) => fileStep('make', path), mkdir),
    symlink: later(onStep, (_, path) => fileStep('make', path), symlink),
    rename: later(onStep, (_, path) => fileStep('rename', path), rename),
    rm: later(onStep, (path) => fileStep('remove', path), rm),
    chown: later(onStep, (path) => fileStep('chown', path), chown),
    open: later(onStep, (path, flags) => writes(flags) && fileStep('make', path), open),
  })
}

function watchPrograms(onStep: OnStep): void {
  const { spawn, execFile } = childProcess
  const name = (command: unknown, args: unknown, options: unknown) =>
    spawnStep(String(command), args as string[], (options as { env?: NodeJS.ProcessEnv })?.env)
  const watchedExecFile = Object.assign(
    (...args: Parameters<typeof execFile>) => execFile(...args),
    {
      [promisify.custom]: later(onStep, name, promisify(execFile)),
    },
  )
  Object.assign(childProcess, {
    spawn: (...args: Parameters<typeof spawn>) =>
      around(onStep, name(...args), () => spawn(...args)),
    execFile: watchedExecFile,
  })
}

const writes = (flags: unknown) => flags === 'w' || flags === 'wx'

function around<Result>(onStep: OnStep, step: string | undefined, act: () => Result): Result {
  if (step === undefined) return act()
  onStep(step, 'before')
  const result = act()
  onStep(step, 'after')
  return result
}

function later<Args extends unknown[], Result>(
  onStep: OnStep,
  name: (...args: unknown[]) => string | false | undefined,
  act: Call<Args, Promise<Result>>,
): Call<Args, Promise<Result>> {
  return async (...args) => {
    const step = name(...args)
    if (!step) return act(...args)
    onStep(step, 'before')
    const result = await act(...args)
    onStep(step, 'after')
    return result
  }
}
