setTimeout(() => console.log('timeout'), 0)
setImmediate(() => console.log('immediate') ?? setTimeout(() => console.log('second timeout'), 0))
process.nextTick(() => console.log('tick'))
Promise.resolve().then(() => console.log('microtask'))
queueMicrotask(() => console.log('queued'))
console.log('sync')
const end = performance.now() + 5
while (performance.now() < end);
