process.exit(42)
