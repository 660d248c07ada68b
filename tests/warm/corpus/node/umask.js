console.log(process.umask().toString(8))
