// {"files": {"part.mjs": "export const main = import.meta.main"}}
import('./part.mjs').then((part) => console.log(part.main, require('./part.mjs').main))
