console.log(process.sourceMapsEnabled, require('node:module').findSourceMap(__filename))
