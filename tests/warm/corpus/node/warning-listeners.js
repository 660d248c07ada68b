const { EventEmitter } = require('node:events')
const emitter = new EventEmitter()
for (let n = 0; n < 11; n++) emitter.on('x', () => {})
