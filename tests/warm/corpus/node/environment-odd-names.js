// {"env": {"with space": "1", "1": "2", "a-b": "3", "ü": "4", "__proto__": "5", "constructor": "6"}}
console.log(Object.keys(process.env).sort(), process.env['1'], process.env['ü'], process.env.constructor)
