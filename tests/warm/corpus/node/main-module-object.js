const { Module } = require('node:module')
console.log(Object.keys(Module), Object.keys(module), Object.getOwnPropertyNames(Module))
console.log(Object.getOwnPropertyDescriptor(Module, 'runMain'), Module._cache === require.cache)
