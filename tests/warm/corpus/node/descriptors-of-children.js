const { spawnSync } = require('node:child_process')
console.log(spawnSync('ls', ['/proc/self/fd'], { stdio: ['inherit', 'pipe', 'inherit'] }).stdout.toString())
