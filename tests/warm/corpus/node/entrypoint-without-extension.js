// {"entrypoint": "program"}
console.log(__filename, require.main === module)
