console.log(require.main === module, module.id, module.filename, module.loaded, module.parent)
console.log(module.paths, module.children, process.mainModule === module, typeof module.exports)
