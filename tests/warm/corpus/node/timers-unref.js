setTimeout(() => console.log('never'), 100_000).unref()
