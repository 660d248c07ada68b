const report = process.report.getReport()
console.log(report.header.event, report.header.cwd, Object.keys(report.environmentVariables), report.javascriptStack.stack)
