import * as module from 'node:module'
import * as fs from 'node:fs'
import * as path from 'node:path'
console.log(Object.keys(module), Object.keys(fs).length, Object.keys(path), module.runMain === module.Module.runMain)
