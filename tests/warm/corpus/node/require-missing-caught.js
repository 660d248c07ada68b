try {
  require('./nothing')
} catch (error) {
  console.log(error.code, error.requireStack, error.message)
}
