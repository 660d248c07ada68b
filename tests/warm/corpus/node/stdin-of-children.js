// {"input": "for the child\n"}
require('node:child_process').execFileSync('cat', { stdio: 'inherit' })
