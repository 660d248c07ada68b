# {"entrypoint": "app", "files": {"app/other.py": ""}, "bare": true}
