// {"input": "one\ntwo\nthree without an end"}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => console.log(line)).on('close', () => console.log('closed'))
