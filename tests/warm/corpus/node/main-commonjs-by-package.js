// {"files": {"package.json": "{\"type\": \"commonjs\"}"}}
console.log(require.main === module)
