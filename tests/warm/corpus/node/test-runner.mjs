import assert from 'node:assert'
import { run, test } from 'node:test'
const words = (text) => text.replace(/[\d.]+ms|duration_ms [\d.]+/g, 'TIME')
const write = process.stdout.write
process.stdout.write = function (text, ...rest) { return write.call(this, words(String(text)), ...rest) }
test('passes', () => assert.equal(1, 1))
test.skip('skipped')
process.on('exit', (code) => console.log(code, typeof run))
