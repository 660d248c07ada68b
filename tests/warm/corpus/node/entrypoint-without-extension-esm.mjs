// {"entrypoint": "program"}
import fs from 'node:fs'
console.log(import.meta.main, typeof fs)
