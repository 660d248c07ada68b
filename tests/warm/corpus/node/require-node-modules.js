// {"files": {"node_modules/thing/package.json": "{\"exports\": {\"require\": \"./r.cjs\", \"import\": \"./i.mjs\"}}", "node_modules/thing/r.cjs": "module.exports = 'r'", "node_modules/thing/i.mjs": "export default 'i'"}}
console.log(require('thing'))
import('thing').then((thing) => console.log(thing.default))
