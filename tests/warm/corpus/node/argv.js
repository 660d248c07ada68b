// {"args": ["a", "b c", "", "-x", "--", "ü", "--require"]}
console.log(process.argv, process.argv0, process.execArgv, process.execPath)
