import { availableParallelism, release } from 'node:os'

console.log(`Hello from Node.js ${process.version} in a VM of its own.`)
console.log(`  kernel   ${release()}`)
console.log(`  user     ${process.getuid()}, in ${process.cwd()}`)
console.log(`  processor ${availableParallelism()}`)
