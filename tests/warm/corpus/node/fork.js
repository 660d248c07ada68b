const { fork } = require('node:child_process')
if (process.send) process.send([process.execArgv, process.argv.slice(1), require.main === module, process._preload_modules])
else fork(__filename, ['child']).on('message', (message) => console.log(message)).on('exit', (code) => console.log(code))
