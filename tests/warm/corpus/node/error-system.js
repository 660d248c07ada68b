require('node:fs').readFileSync('/nothing')
