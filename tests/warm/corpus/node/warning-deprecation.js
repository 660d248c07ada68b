new Buffer(5)
