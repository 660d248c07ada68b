// {"input": "Ada\n"}
import { createInterface } from 'node:readline/promises'
const lines = createInterface({ input: process.stdin, output: process.stdout })
console.log('hello', await lines.question('name? '))
lines.close()
