// {"input_base64": "/wD+YQo="}
console.log(require('node:fs').readFileSync(0))
