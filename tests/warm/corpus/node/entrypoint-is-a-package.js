// {"entrypoint": "app", "files": {"app/package.json": "{\"main\": \"lib/start.js\"}", "app/lib/start.js": "console.log(__filename, process.argv)"}, "bare": true}
