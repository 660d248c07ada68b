const fs = require('node:fs')
console.log(fs.fstatSync(0).isCharacterDevice(), fs.readlinkSync('/proc/self/fd/0'), process.stdin.constructor.name)
