import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { Readable } from 'node:stream'
let length = 0
await pipeline(Readable.from(['x'.repeat(100_000)]), createGzip(), createGunzip(), async (source) => { for await (const chunk of source) length += chunk.length })
console.log(length)
