const cluster = require('node:cluster')
if (cluster.isPrimary) cluster.fork().on('message', (message) => console.log(message)).on('exit', (code) => console.log(code))
else process.send([process.execArgv, cluster.worker.id, process.argv.length]) && process.disconnect()
