const n: number = 5
console.log(n, module.id)
