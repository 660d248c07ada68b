console.log(process.cwd(), require('node:path').resolve('x'), require('node:fs').readdirSync('.'))
