const { Module } = require('node:module')
console.log(Object.keys(Module._pathCache), Module.globalPaths, Module.isBuiltin('fs'))
