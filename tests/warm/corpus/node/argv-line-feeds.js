// {"args": ["a\nb", "\t", "'\"\\"]}
console.log(process.argv.slice(2))
