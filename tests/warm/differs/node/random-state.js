// {"varies": true}
console.log(Math.random(), crypto.randomUUID(), require('node:crypto').randomBytes(8))
