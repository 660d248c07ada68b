// The kernel, and with it the diagnostic report, shows what the interpreter was started with.
const [first] = require('node:fs').readFileSync('/proc/self/cmdline', 'utf8').split('\0')
if (first !== '/usr/local/bin/node') throw new Error(first)
if (process.report.getReport().header.commandLine[0] !== first) throw new Error('report')
