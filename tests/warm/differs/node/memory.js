const { rss, heapUsed } = process.memoryUsage()
if (rss < 1e6 || heapUsed < 1e5) throw new Error('too little')
