process.stdin.on('data', () => console.log('never')).on('end', () => console.log('ended')).on('close', () => console.log('closed'))
