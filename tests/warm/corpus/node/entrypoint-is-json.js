// {"entrypoint": "data.json", "files": {"data.json": "{\"x\": 1}"}, "bare": true}
