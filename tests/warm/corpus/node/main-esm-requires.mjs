// {"files": {"part.cjs": "exports.main = require.main; exports.id = module.id; exports.parent = module.parent"}}
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
console.log(require('./part.cjs'), Object.keys(require.cache), require.main)
