console.log(process.mainModule, process.argv)
