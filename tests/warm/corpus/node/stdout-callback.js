process.stdout.write('first\n', () => process.stdout.end('last\n'))
