const began = process.hrtime.bigint()
setTimeout(() => console.log(process.hrtime.bigint() - began >= 49_000_000n), 50)
