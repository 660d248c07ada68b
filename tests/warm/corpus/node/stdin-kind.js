// {"input": "12345"}
const fs = require('node:fs')
const { size, mode } = fs.fstatSync(0)
console.log(size, mode, fs.readlinkSync('/proc/self/fd/0'), fs.readFileSync('/proc/self/fdinfo/0', 'utf8').split('\n').slice(0, 2))
