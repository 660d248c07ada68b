import { Vulcan } from '@vulcan/client'

const vulcan = new Vulcan()
const result = await vulcan.run('print("hello")')
console.log(result.exitCode, result.stdout)
