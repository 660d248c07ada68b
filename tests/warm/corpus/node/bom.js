// {"entrypoint": "bom.js", "files": {"bom.js": "\ufeffconsole.log('after a mark')"}, "bare": true}
