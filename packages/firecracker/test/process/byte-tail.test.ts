import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteTail } from '../../src/process/byte-tail.ts'

for (const sizes of [[3], [10], [11], [35], [4, 4, 4], [9, 1, 1], [1, 30, 2], [10, 10, 5], [0]]) {
  test(`of chunks of ${sizes.join(', ')} bytes the last ten are kept`, () => {
    const tail = new ByteTail(10)
    let all = ''
    for (const size of sizes) {
      const chunk = Array.from({ length: size }, (_, index) => {
        return String.fromCharCode(97 + ((all.length + index) % 26))
      }).join('')
      all += chunk
      tail.append(Buffer.from(chunk))
    }
    assert.equal(tail.toString(), all.slice(-10))
  })
}
