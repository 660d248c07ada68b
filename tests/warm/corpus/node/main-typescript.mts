type Name = string
const name: Name = 'x'
console.log(name, import.meta.main, import.meta.filename)
