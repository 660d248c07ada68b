// {"args": ["--count", "3", "file"]}
const { parseArgs } = require('node:util')
console.log(parseArgs({ options: { count: { type: 'string' } }, allowPositionals: true }))
