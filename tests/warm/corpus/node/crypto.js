const { createHash, randomBytes, randomUUID } = require('node:crypto')
console.log(createHash('sha256').update('x').digest('hex'), randomBytes(8).length, randomUUID().length)
