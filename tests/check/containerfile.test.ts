import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
/** Of Containerfile(5). */
const KNOWN = [
  ...['FROM', 'RUN', 'WORKDIR', 'COPY', 'ENV', 'VOLUME', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT'],
  'CMD',
]

interface Instruction {
  readonly name: string
  readonly rest: string
}

/** One for each instruction, with the lines that go on after a backslash. */
const instructions: readonly Instruction[] = readFileSync(
  resolve(ROOT, 'ops/Containerfile'),
  'utf8',
)
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\s*\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => {
    const [name = '', ...rest] = line.split(' ')
    return { name, rest: rest.join(' ') }
  })

const of = (wanted: string) => {
  return instructions.filter(({ name }) => name === wanted).map(({ rest }) => rest)
}

test('every instruction of the container file is one, and the first names an image', () => {
  for (const { name } of instructions) assert.ok(KNOWN.includes(name), name)
  assert.equal(instructions[0]?.name, 'FROM')
  for (const name of ['ENTRYPOINT', 'CMD']) {
    for (const words of of(name)) assert.ok(Array.isArray(JSON.parse(words)), words)
  }
})

test('what the container file copies is there: in this tree, or in a stage before', () => {
  const stages = of('FROM').flatMap((rest) => / AS (\w+)$/.exec(rest)?.[1] ?? [])
  for (const rest of of('COPY')) {
    const from = /^--from=(\w+) /.exec(rest)?.[1]
    if (from !== undefined) assert.ok(stages.includes(from), rest)
    else assert.ok(existsSync(resolve(ROOT, rest.split(' ')[0] ?? '')), rest)
  }
})

test('every target that the container file makes is one of the Makefile', () => {
  const makefile = readFileSync(resolve(ROOT, 'Makefile'), 'utf8')
  const targets = of('RUN').flatMap((rest) => [...rest.matchAll(/(?:^|&& )make (\w+)/g)])
  assert.ok(targets.length > 0)
  for (const [, target] of targets) assert.match(makefile, new RegExp(`^${target}:`, 'm'))
})

test('the shell takes the commands of the container file, and what it starts with', () => {
  for (const rest of of('RUN')) {
    const { status, stderr } = spawnSync('sh', ['-n', '-c', rest], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
  const start = resolve(ROOT, 'ops/container-start')
  accessSync(start, constants.X_OK)
  assert.equal(spawnSync('sh', ['-n', start]).status, 0)
})

test('the container has every Debian package that set-up installs for VMs and their networks', () => {
  const setup = readFileSync(resolve(ROOT, 'setup/setup'), 'utf8')
  const wanted = [...setup.matchAll(/^(?:vm|network)_packages='(.*)'$/gm)].flatMap(
    ([, list = '']) => list.split(' '),
  )
  const last = of('RUN').at(-1)?.split(/\s+/) ?? []
  assert.ok(wanted.length > 0)
  for (const name of wanted) assert.ok(last.includes(name), name)
})
