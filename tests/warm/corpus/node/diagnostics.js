const channel = require('node:diagnostics_channel')
console.log(channel.hasSubscribers('module.require.start'), channel.hasSubscribers('tracing:module.require:start'))
