console.log(require('node:inspector').url())
