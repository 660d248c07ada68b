const fs = require('node:fs')
fs.patchedByMe = () => 5
import('node:fs').then((namespace) => console.log(namespace.patchedByMe, typeof namespace.default.patchedByMe))
