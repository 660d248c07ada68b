const fs = require('node:fs')
console.log(fs.openSync('/dev/null', 'r'), fs.openSync('/dev/null', 'r'))
