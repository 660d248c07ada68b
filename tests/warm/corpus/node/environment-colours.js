// {"env": {"FORCE_COLOR": "1"}}
console.log(process.stdout.hasColors?.(), require('node:util').styleText('red', 'x'))
console.log({ coloured: 1 })
