/** What holds the place of the program's path. */
export const placeholder = '/usr/local/lib/vulcan/program'

/** Waits for a program: for CommonJS, ES modules and TypeScript alike, which differ only later. */
export const waitingScript = String.raw`
// Where an interpreter waits for its program. It is given to Node.js with --require, beside a main
// script that does not exist, and waits where Node.js asks how the main script is run: all that
// comes before is done, and no frame of it is on the stack when the program runs.
//
// The agent says what it has to say on a descriptor, in fields that end with NUL: native/guest,
// workload/waiting.rs. Workers and children that inherit the option find nothing of it, either.
'use strict'

const { closeSync, openSync, readSync, writeSync } = require('node:fs')
const { resolve } = require('node:path')

const { Console } = require('node:console')
// What the standard streams are made of, which nearly every program uses.
const { Socket } = require('node:net')
const { Writable } = require('node:stream')

const CONTROL = 63
const PLACEHOLDER = '${placeholder}'
const Module = module.constructor

hide()
if (process.argv[1] === PLACEHOLDER) waitWhenMainIsRun()

/** Takes this module out of all that a program can look at. */
function hide() {
  delete require.cache[__filename]
  for (const key of Object.keys(Module._pathCache)) {
    if (Module._pathCache[key] === __filename) delete Module._pathCache[key]
  }
  const options = process.execArgv
  const at = options.findIndex((word, i) => word === '--require' && options[i + 1] === __filename)
  if (at >= 0) options.splice(at, 2)
  const preloaded = process._preload_modules.indexOf(__filename)
  if (preloaded >= 0) process._preload_modules.splice(preloaded, 1)
}

function waitWhenMainIsRun() {
  const runMain = Object.getOwnPropertyDescriptor(Module, 'runMain')
  Object.defineProperty(Module, 'runMain', {
    configurable: true,
    enumerable: true,
    get() {
      Object.defineProperty(Module, 'runMain', runMain)
      // A bound function has no frame of its own.
      return runMain.value.bind(Module, takeProgram())
    },
  })
}

/** Waits for the program, and gives the path of its main script. */
function takeProgram() {
  rehearse()
  writeSync(CONTROL, '.')
  const fields = readFields()
  closeSync(CONTROL)
  if (fields[0] === '0') {
    closeSync(0)
    // The lowest number that is free is taken, as always.
    openSync('/dev/null', 'r')
  }
  process.chdir('/work')
  const main = resolve(fields[1])
  const variables = 3 + Number(fields[2])
  process.argv.splice(1, Infinity, main, ...fields.slice(3, variables))
  setEnvironment(fields.slice(variables))
  return main
}

/** Has compiled what a program's first line of output takes, which is more than the rest of a short one. */
function rehearse() {
  new Socket()
  // A write that does not end leaves nothing for later.
  new Console(new Writable({ write() {} })).log('ready')
}

function readFields() {
  const pieces = []
  for (;;) {
    const piece = Buffer.alloc(65536)
    const count = readSync(CONTROL, piece)
    if (count === 0) break
    pieces.push(piece.subarray(0, count))
  }
  return Buffer.concat(pieces).toString().split('\0').slice(0, -1)
}

function setEnvironment(variables) {
  for (const name of Object.keys(process.env)) delete process.env[name]
  for (const variable of variables) {
    const end = variable.indexOf('=')
    process.env[variable.slice(0, end)] = variable.slice(end + 1)
  }
}
`.trim()
