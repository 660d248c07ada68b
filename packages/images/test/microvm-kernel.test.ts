import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingOptions } from '../src/microvm-kernel.ts'
import { microvmKernelFragment, microvmKernelRecipe } from '../src/recipes/microvm-kernel.ts'

test('each option is asked for once, and each group says why', () => {
  const options = microvmKernelRecipe.groups.flatMap((group) => group.options)
  assert.equal(new Set(options).size, options.length)
  for (const option of options) assert.match(option, /^[0-9A-Z_]+(=\d+)?$/)
  for (const { why, options } of microvmKernelRecipe.groups) {
    assert.match(why, /^[^\n]+$/)
    assert.ok(options.length > 0)
  }
})

test('a configuration that lacks what was asked for is told by its lines', () => {
  const fragment = microvmKernelFragment()
  assert.deepEqual(missingOptions(fragment, fragment), [])
  const config = fragment
    .replace('CONFIG_VSOCKETS=y', '# CONFIG_VSOCKETS is not set')
    .replace('CONFIG_NR_CPUS=32', 'CONFIG_NR_CPUS=64')
  assert.deepEqual(missingOptions(fragment, config).toSorted(), [
    'CONFIG_NR_CPUS=32',
    'CONFIG_VSOCKETS=y',
  ])
})
