process.setUncaughtExceptionCaptureCallback((error) => console.log('captured', error.message))
throw new Error('x')
