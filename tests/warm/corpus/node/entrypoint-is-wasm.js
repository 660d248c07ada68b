// {"entrypoint": "bad.wasm", "files": {"bad.wasm": "nothing"}, "bare": true}
