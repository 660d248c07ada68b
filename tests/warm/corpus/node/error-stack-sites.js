Error.prepareStackTrace = (_, sites) => sites.map((s) => [s.getFileName(), s.getFunctionName(), s.getMethodName(), s.getTypeName(), s.getLineNumber(), s.isNative(), s.isToplevel()].join())
console.log(new Error('x').stack)
