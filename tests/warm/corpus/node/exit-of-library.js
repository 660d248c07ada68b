process.reallyExit(4)
