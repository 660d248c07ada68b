// {"entrypoint": "-e"}
console.log(__filename, process.argv)
