console.log(__filename, __dirname, require.main.filename, this === module.exports)
