import { join } from 'node:path'
const path: string = join('a', 'b')
console.log(path, import.meta.main)
