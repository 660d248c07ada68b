process.on('SIGINT', () => console.log('interrupted') ?? process.exit(0))
process.kill(process.pid, 'SIGINT')
setTimeout(() => {}, 10_000)
