process.exitCode = 7
