process.on('unhandledRejection', (reason, promise) => console.log(reason.message, promise))
process.on('rejectionHandled', () => console.log('handled later'))
const promise = Promise.reject(new Error('x'))
setTimeout(() => promise.catch(() => {}), 1)
