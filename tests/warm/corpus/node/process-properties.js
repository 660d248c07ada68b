console.log(Object.keys(process), Object.keys(globalThis), Object.getOwnPropertyNames(globalThis).length)
