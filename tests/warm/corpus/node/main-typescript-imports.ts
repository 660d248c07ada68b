// {"files": {"part.ts": "export const part: number = 7"}}
import { part } from './part.ts'
console.log(part)
