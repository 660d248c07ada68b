const vm = require('node:vm')
console.log(vm.runInNewContext('typeof process + x', { x: 1 }), vm.runInThisContext('typeof require'))
