import { setTimeout } from 'node:timers/promises'
console.log(await setTimeout(3, 'value'))
