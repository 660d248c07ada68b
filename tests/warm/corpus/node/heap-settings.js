const { heap_size_limit } = require('node:v8').getHeapStatistics()
console.log(heap_size_limit > 0, typeof gc, process.execArgv)
