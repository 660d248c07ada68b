process.chdir('/')
console.log(process.cwd(), __dirname, require('node:path').resolve('x'), process.argv[1])
