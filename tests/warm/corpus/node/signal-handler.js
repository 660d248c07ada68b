process.on('SIGUSR2', (signal, number) => {
  console.log(signal, number)
  process.exit(3)
})
process.kill(process.pid, 'SIGUSR2')
setTimeout(() => {}, 10_000)
