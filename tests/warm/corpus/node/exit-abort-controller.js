const controller = new AbortController()
require('node:timers/promises').setTimeout(1000, null, { signal: controller.signal }).catch((error) => console.log(error.code, error.name))
controller.abort()
