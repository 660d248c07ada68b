// {"input": "{\"numbers\": [1, 2, 3.5]}"}
process.stdin.setEncoding('utf8')
let text = ''
process.stdin.on('readable', () => { for (let chunk; (chunk = process.stdin.read()) !== null; ) text += chunk })
process.stdin.on('end', () => console.log(JSON.parse(text).numbers.reduce((a, b) => a + b)))
