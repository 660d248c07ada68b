import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runtimeRecipes } from '../src/recipes/runtimes.ts'
import { rootfsArtefact } from '../src/rootfs.ts'
import { rootfsScript } from '../src/rootfs-script.ts'
import { artefactDirectory } from '../src/store.ts'

for (const recipe of runtimeRecipes) {
  test(`the script for ${recipe.runtime} is correct shell`, () => {
    execFileSync('sh', ['-n'], { input: rootfsScript(recipe), stdio: 'pipe' })
  })

  test(`every part of the recipe for ${recipe.runtime} decides where its image is`, () => {
    const changed = [
      { ...recipe, suite: 'forky' },
      { ...recipe, packages: [...recipe.packages, 'jq'] },
      { ...recipe, customize: `${recipe.customize}\n:` },
      { ...recipe, versions: { ...recipe.versions, jq: 'jq --version' } },
    ]
    const directories = [recipe, ...changed].map((variant) =>
      artefactDirectory('/home', rootfsArtefact(variant)),
    )
    assert.equal(new Set(directories).size, directories.length)
  })
}
