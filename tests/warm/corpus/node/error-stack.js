function deep() { return new Error('deep').stack }
console.log(deep())
