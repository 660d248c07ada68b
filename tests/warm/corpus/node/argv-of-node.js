// {"args": ["--inspect", "--eval", "1", "--version"]}
console.log(process.argv.slice(2), process.execArgv)
