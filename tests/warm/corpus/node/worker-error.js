const { Worker } = require('node:worker_threads')
new Worker('throw new Error("in a worker")', { eval: true })
