// {"entrypoint": "a/./b//program.js"}
console.log(__filename, process.argv)
