const { spawnSync } = require('node:child_process')
if (process.argv[2] === 'child') console.log(process.argv, process.execArgv)
else console.log(spawnSync(process.execPath, [...process.execArgv, __filename, 'child']).stdout.toString())
