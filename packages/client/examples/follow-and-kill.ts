import { ApiError, Vulcan } from '@vulcan/client'

const vulcan = new Vulcan()
const { id } = await vulcan.submit({ runtime: 'python', code: 'print("I go on"); sleep()' })
for await (const event of vulcan.logs(id)) {
  if (event.type === 'output') {
    console.log(new TextDecoder().decode(event.bytes).trim())
    await vulcan.kill(id)
  }
  if (event.type === 'done') console.log(`it is ${event.workload.status}`)
}
const refusal = await vulcan.kill(id).catch((error: unknown) => error)
if (refusal instanceof ApiError) console.log(`${refusal.status} ${refusal.code}`)

for await (const workload of vulcan.list({ status: 'killed', limit: 1 })) {
  console.log(workload.id === id)
}
