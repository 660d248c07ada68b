// {"files": {"one.js": "exports.a = 1; exports.two = require('./two'); exports.b = 2", "two.js": "exports.seen = Object.keys(require('./one'))"}}
console.log(require('./one'))
