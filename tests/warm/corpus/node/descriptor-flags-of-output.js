const fs = require('node:fs')
for (const number of [1, 2]) console.log(fs.readFileSync(`/proc/self/fdinfo/${number}`, 'utf8').split('\n').slice(0, 2))
