console.log(require('node:fs').readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8'))
