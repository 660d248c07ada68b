// {"env": {"MINE": "x"}}
const text = require('node:fs').readFileSync('/proc/self/environ', 'utf8')
if (!text.split('\0').includes('HOME=/work') || process.env.MINE !== 'x') throw new Error(text)
