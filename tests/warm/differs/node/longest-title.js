// A title is cut to the length of the command line that the interpreter was started with.
process.title = 'x'.repeat(10_000)
const { length } = process.title
if (length === 0 || length === 10_000) throw new Error(String(length))
