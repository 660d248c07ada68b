// {"files": {"part.js": "exports.id = module.id; exports.main = require.main === module", "data.json": "[1]", "pack/index.js": "module.exports = __dirname"}}
console.log(require('./part'), require('./data'), require('./pack'), module.children.length)
