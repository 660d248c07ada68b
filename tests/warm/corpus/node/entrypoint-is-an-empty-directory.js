// {"entrypoint": "app", "files": {"app/other.txt": ""}, "bare": true}
