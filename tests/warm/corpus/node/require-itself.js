// {"entrypoint": "index.js"}
console.log(require('./index.js') === module.exports, module.loaded)
