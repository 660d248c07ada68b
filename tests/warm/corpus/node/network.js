const server = require('node:net').createServer((socket) => socket.end('hello'))
server.on('error', (error) => console.log(error.code)).listen('/tmp/socket', () => {
  require('node:net').connect('/tmp/socket').on('data', (data) => console.log(data.toString())).on('close', () => server.close())
})
