import { basename } from 'node:path'
export const x = 1
console.log(basename(import.meta.filename), import.meta.main)
