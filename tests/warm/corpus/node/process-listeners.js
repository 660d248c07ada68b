console.log(process.eventNames(), process.rawListeners('exit'), process.getMaxListeners())
