const fs = require('node:fs')
console.log(process.title, fs.readFileSync('/proc/self/comm', 'utf8'), fs.readFileSync('/proc/self/oom_score_adj', 'utf8'))
