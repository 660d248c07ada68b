const { Worker } = require('node:worker_threads')
new Worker(`const { Worker } = require('node:worker_threads')
new Worker('console.log(process.execArgv, process.argv, Object.keys(require.cache))', { eval: true })`, { eval: true })
