import { Worker, isMainThread, parentPort } from 'node:worker_threads'
if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (message) => console.log(message)).on('exit', (code) => console.log(code))
else parentPort.postMessage([import.meta.main, process.execArgv])
