const stack: string = String(new Error('x').stack)
console.log(stack)
