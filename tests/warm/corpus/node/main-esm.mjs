console.log(import.meta.main, import.meta.url, import.meta.filename, import.meta.dirname)
console.log(typeof require, typeof module, this, Object.keys(import.meta).sort())
