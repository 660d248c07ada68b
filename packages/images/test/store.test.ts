import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, realpath, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Artefact } from '../src/artefact.ts'
import { LinkOccupiedError, NoSpaceError } from '../src/errors.ts'
import { artefactDirectory, ensureArtefact } from '../src/store.ts'
import { cutOff, sampleArtefact, silentContext } from './fixtures/sample-artefact.ts'
import { temporaryHome } from './fixtures/temporary-home.ts'

const LINK = 'rootfs/sample.ext4'

test('a built artefact is read-only and its relative link leads to it', async () => {
  await using home = await temporaryHome()
  const { built, directory, meta } = await ensureArtefact(
    home.path,
    sampleArtefact(),
    silentContext,
  )
  assert.equal(built, true)
  assert.match(directory, /\/store\/sample-[0-9a-f]{16}$/)
  assert.ok(directory.endsWith(meta.recipeHash.slice(0, 16)))
  assert.match(await readlink(join(home.path, LINK)), /^\.\.\/store\/sample-/)
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'the content')
  assert.equal((await stat(join(directory, 'sample.ext4'))).mode & 0o777, 0o444)
  assert.deepEqual(await readdir(join(home.path, 'store')), [
    `sample-${hashDigits(meta.recipeHash)}`,
  ])
})

test('meta.json describes the artefact with names in snake case', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const meta = JSON.parse(await readFile(join(directory, 'meta.json'), 'utf8'))
  assert.deepEqual(
    { ...meta, created_at: typeof meta.created_at, recipe_hash: meta.recipe_hash.length },
    {
      format: 1,
      name: 'sample',
      kind: 'rootfs',
      arch: 'x86_64',
      recipe_hash: 64,
      versions: { sample: '1.2.3' },
      created_at: 'string',
      files: [
        {
          path: 'sample.ext4',
          size_bytes: 11,
          sha256: '6e569e05cb6f8608572c79d63b365dc31617bf84d7393d2cb9d2f1ffe0edf95b',
        },
      ],
    },
  )
})

test('what is there is not built again', async () => {
  await using home = await temporaryHome()
  await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const build = () => assert.fail('built again')
  const again = await ensureArtefact(home.path, sampleArtefact({ build }), silentContext)
  assert.equal(again.built, false)
})

test('another recipe becomes another artefact, and the link follows', async () => {
  await using home = await temporaryHome()
  const first = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  const second = await ensureArtefact(
    home.path,
    sampleArtefact({ recipe: { revision: 2 } }),
    silentContext,
  )
  assert.notEqual(second.directory, first.directory)
  assert.equal(await realpath(join(home.path, LINK)), join(second.directory, 'sample.ext4'))
  assert.equal(await readFile(join(first.directory, 'sample.ext4'), 'utf8'), 'the content')
})

test('an artefact with a file of another size is built anew', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await cutOff(join(directory, 'sample.ext4'), 3)
  const again = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  assert.equal(again.built, true)
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'the content')
})

test('an artefact with a meta.json that is none is built anew', async () => {
  await using home = await temporaryHome()
  const { directory } = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  await cutOff(join(directory, 'meta.json'), 20)
  const again = await ensureArtefact(home.path, sampleArtefact(), silentContext)
  assert.equal(again.built, true)
})

test('a build that fails leaves neither files nor a link', async () => {
  await using home = await temporaryHome()
  const build: Artefact['build'] = async ({ output }) => {
    await writeFile(join(output, 'sample.ext4'), 'half')
    throw new Error('no more packages')
  }
  await assert.rejects(
    ensureArtefact(home.path, sampleArtefact({ build }), silentContext),
    /no more packages/,
  )
  assert.deepEqual(await readdir(join(home.path, 'store')), [])
  await assert.rejects(readlink(join(home.path, LINK)), { code: 'ENOENT' })
})

test('an aborted build is not published', async () => {
  await using home = await temporaryHome()
  const controller = new AbortController()
  const artefact = sampleArtefact()
  const build: Artefact['build'] = async (directories, context) => {
    const versions = await artefact.build(directories, context)
    controller.abort(new Error('stopped by the user'))
    return versions
  }
  await assert.rejects(
    ensureArtefact(
      home.path,
      { ...artefact, build },
      { ...silentContext, signal: controller.signal },
    ),
    /stopped by the user/,
  )
  assert.deepEqual(await readdir(join(home.path, 'store')), [])
})

test('what a killed builder leaves is removed by the next, and not before', async () => {
  await using home = await temporaryHome()
  const builder = await startEndlessBuild(home.path)
  const other = sampleArtefact({ name: 'other', links: {} })
  const living = await ensureArtefact(home.path, other, silentContext)
  assert.equal((await buildingDirectories(home.path)).length, 1)
  await killAndWait(builder)
  await ensureArtefact(home.path, sampleArtefact(), silentContext)
  assert.deepEqual(await buildingDirectories(home.path), [])
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'the content')
  assert.equal(await realpath(living.directory), living.directory)
})

test('two builders at once end with one artefact, the one of who was first', async () => {
  await using home = await temporaryHome()
  const bothBuild = Promise.withResolvers<void>()
  const firstIsDone = Promise.withResolvers<void>()
  const first = ensureArtefact(
    home.path,
    sampleArtefact({ build: buildAfter(bothBuild.promise, 'by the first') }),
    silentContext,
  )
  const second = ensureArtefact(
    home.path,
    sampleArtefact({
      build: async (directories, context) => {
        bothBuild.resolve()
        return buildAfter(firstIsDone.promise, 'by the second')(directories, context)
      },
    }),
    silentContext,
  )
  await first
  firstIsDone.resolve()
  assert.equal((await second).directory, (await first).directory)
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'by the first')
  assert.equal((await readdir(join(home.path, 'store'))).length, 1)
})

test('a builder replaces what somebody has left half-made in its place', async () => {
  await using home = await temporaryHome()
  const artefact = sampleArtefact()
  const directory = artefactDirectory(home.path, artefact)
  const build: Artefact['build'] = async (directories, context) => {
    await mkdir(directory)
    await writeFile(join(directory, 'sample.ext4'), 'half')
    return artefact.build(directories, context)
  }
  await ensureArtefact(home.path, { ...artefact, build }, silentContext)
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'the content')
  assert.equal((await readdir(join(home.path, 'store'))).length, 1)
})

test("an operator's own file in the place of a link is refused and stays", async () => {
  await using home = await temporaryHome()
  await mkdir(join(home.path, 'rootfs'))
  await writeFile(join(home.path, LINK), 'my own image')
  await assert.rejects(ensureArtefact(home.path, sampleArtefact(), silentContext), (error) => {
    assert.ok(error instanceof LinkOccupiedError)
    assert.equal(error.code, 'link_occupied')
    assert.equal(error.path, join(home.path, LINK))
    return true
  })
  assert.equal(await readFile(join(home.path, LINK), 'utf8'), 'my own image')
})

test('a build that needs more space than there is does not begin', async () => {
  await using home = await temporaryHome()
  const artefact = sampleArtefact({
    neededBytes: 2 ** 60,
    build: () => assert.fail('began'),
  })
  await assert.rejects(ensureArtefact(home.path, artefact, silentContext), (error) => {
    assert.ok(error instanceof NoSpaceError)
    assert.equal(error.neededBytes, 2 ** 60)
    assert.ok(error.freeBytes < 2 ** 60)
    return true
  })
})

function buildAfter(gate: Promise<void>, content: string): Artefact['build'] {
  return async ({ output }) => {
    await gate
    await writeFile(join(output, 'sample.ext4'), content)
    return { sample: '1.2.3' }
  }
}

async function startEndlessBuild(home: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'fixtures', 'endless-build.ts')
  const builder = spawn(process.execPath, [script, home], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = await once(builder.stdout, 'data')
  assert.equal(String(said), 'building\n')
  return builder
}

async function killAndWait(builder: ChildProcess): Promise<void> {
  const ended = once(builder, 'exit')
  builder.kill('SIGKILL')
  await ended
}

async function buildingDirectories(home: string): Promise<string[]> {
  return (await readdir(join(home, 'store'))).filter((name) => name.startsWith('.building-'))
}

function hashDigits(hash: string): string {
  return hash.slice(0, 16)
}
