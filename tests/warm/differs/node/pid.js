if (process.pid <= 1) throw new Error('no process')
