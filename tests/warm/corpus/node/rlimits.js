console.log(require('node:fs').readFileSync('/proc/self/limits', 'utf8').replace(/^Max pending signals.*$/m, ''))
