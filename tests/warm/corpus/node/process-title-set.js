process.title = 'mine'
console.log(process.title, require('node:fs').readFileSync('/proc/self/comm', 'utf8'))
