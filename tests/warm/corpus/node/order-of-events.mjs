process.nextTick(() => console.log('tick'))
Promise.resolve().then(() => console.log('microtask'))
console.log('sync')
