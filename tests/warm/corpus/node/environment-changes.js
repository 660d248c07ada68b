// {"env": {"MINE": "x"}}
delete process.env.MINE
process.env.OTHER = 'y'
console.log(require('node:child_process').execSync('env').toString())
