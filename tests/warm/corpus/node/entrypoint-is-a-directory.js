// {"entrypoint": "app", "files": {"app/index.js": "console.log(__filename, process.argv, require.main === module)"}, "bare": true}
