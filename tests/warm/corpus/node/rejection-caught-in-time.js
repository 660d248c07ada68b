const promise = Promise.reject(new Error('x'))
process.nextTick(() => promise.catch((error) => console.log('caught', error.message)))
