// {"env": {"Z": "1", "A": "2"}}
console.log(require('node:child_process').execFileSync('env').toString())
