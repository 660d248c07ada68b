const [, rest] = require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(') ')
const [state, , group, session] = rest.split(' ')
console.log(state, Number(group) === process.pid, Number(session) === process.pid)
