// {"entrypoint": "a/b/program.js", "files": {"a/b/beside.js": "module.exports = [__filename, module.parent.filename]"}}
console.log(__filename, process.argv, require('./beside.js'), module.paths)
