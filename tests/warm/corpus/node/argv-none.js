console.log(process.argv.length, process.argv)
