import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
const directory = await mkdtemp('/tmp/x-')
await writeFile(`${directory}/file`, 'ü\n')
console.log(await readFile(`${directory}/file`, 'utf8'), ((await stat(`${directory}/file`)).mode & 0o777).toString(8))
await rm(directory, { recursive: true })
