// {"env": {"LANG": "C.UTF-8", "HOME": "/work"}}
console.log(Intl.DateTimeFormat().resolvedOptions().locale, require('node:os').homedir())
