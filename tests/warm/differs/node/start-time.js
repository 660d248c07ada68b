// The interpreter is older than its program, and so is what it counts from.
if (performance.timeOrigin > Date.now() || process.uptime() <= 0) throw new Error('from the future')
