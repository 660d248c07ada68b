// {"entrypoint": "./program.js"}
console.log(__filename, process.argv, new Error('x').stack.split('\n')[1])
