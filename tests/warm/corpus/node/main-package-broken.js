// {"files": {"package.json": "{"}}
console.log('ran')
