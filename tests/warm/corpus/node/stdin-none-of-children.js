const { spawnSync } = require('node:child_process')
console.log(spawnSync('sh', ['-c', 'readlink /proc/self/fd/0; cat; echo end'], { stdio: ['inherit', 'pipe', 'inherit'] }).stdout.toString())
