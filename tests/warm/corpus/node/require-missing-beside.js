require('./nothing')
