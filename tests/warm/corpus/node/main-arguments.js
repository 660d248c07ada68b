console.log(arguments.length, typeof arguments[1], arguments[3], arguments[4])
