Error.stackTraceLimit = Infinity
console.log(new Error('x').stack)
setImmediate(() => console.log(new Error('later').stack))
