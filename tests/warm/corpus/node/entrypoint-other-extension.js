// {"entrypoint": "program.txt"}
console.log(__filename)
