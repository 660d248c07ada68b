process.env.LARGE = 'x'.repeat(60_000)
console.log(require('node:child_process').execSync('echo $LARGE').length)
