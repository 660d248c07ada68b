setTimeout(() => console.log('second'), 30)
setTimeout(() => console.log('first'), 1)
const interval = setInterval(() => console.log('interval') ?? clearInterval(interval), 2)
