function f() { return f() }
try {
  f()
} catch (error) {
  console.log(error.name, error.message)
}
