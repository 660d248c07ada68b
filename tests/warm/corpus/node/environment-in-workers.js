// {"env": {"MINE": "x"}}
const { Worker } = require('node:worker_threads')
new Worker('console.log(process.env)', { eval: true })
