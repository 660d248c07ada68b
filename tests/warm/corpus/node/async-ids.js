const { createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks')
console.log(executionAsyncId(), triggerAsyncId())
