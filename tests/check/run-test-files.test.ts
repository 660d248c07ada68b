import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runProgram } from './run-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const SUPPORT = join(import.meta.dirname, '../support')

test('a file that blocks for ever is ended at its limit, and fails', async (t) => {
  const directory = await temporaryDirectory(t)
  await writeFile(
    join(directory, 'blocks.mjs'),
    "import { test } from 'node:test'\ntest('blocks', () => { for (;;); })",
  )
  await writeFile(
    join(directory, 'run.mjs'),
    `import { runTestFiles } from ${JSON.stringify(join(SUPPORT, 'run-test-files.ts'))}
    import { TestReport } from ${JSON.stringify(join(SUPPORT, 'test-report.ts'))}
    const root = import.meta.dirname
    const report = new TestReport({ root, machine: { kvm: false, root: false }, permitted: [] })
    await runTestFiles([root + '/blocks.mjs'], { concurrency: 1, fileLimitMs: 1000 }, report)
    console.log(JSON.stringify({ ...report.totals, succeeded: report.succeeded }))
    console.log(...report.failures)`,
  )
  const { output } = await runProgram(process.execPath, ['run.mjs'], directory)
  assert.match(output, /✖ blocks\.mjs {2}0 passed, 1 failed/)
  assert.match(output, /{"passed":0,"failed":1,"skipped":0,"succeeded":false}\n {2}✖ blocks\.mjs: /)
})
