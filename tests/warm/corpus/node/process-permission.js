console.log(process.permission, process.report?.excludeNetwork, process.connected, process.send)
