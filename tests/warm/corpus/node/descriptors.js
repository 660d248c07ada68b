const fs = require('node:fs')
for (const number of fs.readdirSync('/proc/self/fd').sort()) {
  try {
    console.log(number, fs.readlinkSync(`/proc/self/fd/${number}`).replace(/\d+/g, ''))
  } catch (error) {
    console.log(number, error.code)
  }
}
