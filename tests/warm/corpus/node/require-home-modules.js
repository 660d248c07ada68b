// {"files": {".node_modules/homely/index.js": "module.exports = 'from home'"}}
console.log(require('homely'))
