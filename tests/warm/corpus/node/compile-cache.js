const module_ = require('node:module')
console.log(module_.getCompileCacheDir(), module_.constants)
