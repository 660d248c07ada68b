// {"files": {"part.mjs": "export const name = import.meta.url, main = import.meta.main"}}
console.log(import.meta.resolve('./part.mjs'), import.meta.resolve('node:fs'))
console.log(await import('./part.mjs'))
