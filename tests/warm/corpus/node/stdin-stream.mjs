// {"input": "ä text"}
let text = ''
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
console.log(text, process.stdin.fd, process.stdin.constructor.name, process.stdin.isTTY)
