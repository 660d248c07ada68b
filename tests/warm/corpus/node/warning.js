process.emitWarning('mine', 'MyWarning', 'CODE1')
process.on('warning', (warning) => console.log(warning.name, warning.code))
