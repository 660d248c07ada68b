const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')
if (isMainThread) new Worker(__filename, { workerData: 5, argv: ['x'] }).on('message', (message) => console.log(message))
else parentPort.postMessage([workerData, process.argv, process.execArgv, Object.keys(require.cache), require.main === module, process._preload_modules])
