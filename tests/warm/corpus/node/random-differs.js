console.log(Math.random() !== Math.random(), crypto.getRandomValues(new Uint8Array(4)).length)
