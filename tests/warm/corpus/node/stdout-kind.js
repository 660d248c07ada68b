for (const stream of [process.stdout, process.stderr]) console.log(stream.constructor.name, stream.isTTY, stream.fd, stream._type, stream.writableHighWaterMark, stream.columns)
