console.log(JSON.stringify(require('node:fs').readFileSync(0, 'utf8')), process.stdin.isTTY)
