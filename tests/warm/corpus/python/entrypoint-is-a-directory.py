# {"entrypoint": "app", "files": {"app/__main__.py": "import sys\nprint(__file__, __name__, __package__, sys.argv, sys.path[0])\n"}, "bare": true}
