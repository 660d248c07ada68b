console.log(Math.abs(require('node:fs').statSync(__filename).mtimeMs - Date.now()) < 60_000, performance.now() > 0, process.uptime() > 0)
console.log(Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000)
