if (process.argv[2] === 'second') console.log(process.argv, require('node:fs').readlinkSync('/proc/self/fd/0'))
else process.execve(process.execPath, [process.execPath, __filename, 'second'], { ...process.env })
