const { runMain, Module } = require('node:module')
console.log(runMain === Module.runMain, runMain.name, runMain.length)
