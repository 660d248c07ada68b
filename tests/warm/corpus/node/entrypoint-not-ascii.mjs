// {"entrypoint": "größe 😀/prögram %41.mjs"}
console.log(import.meta.url, import.meta.filename, process.argv)
throw new Error('in a file with such a name')
