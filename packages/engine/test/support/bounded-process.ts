import { SqliteStore } from '@vulcan/engine'
import { aSpec, aWorkload } from './workloads.ts'

/**
 * A process whose files may not grow beyond a limit, which to it is as a full disk. It hands the store a
 * workload that is larger, and says on its standard output how that was refused and what is left of it.
 */
const [path = '', inputBytes = '0'] = process.argv.slice(2)

await using store = await SqliteStore.open(path)
const workload = aWorkload()
const spec = aSpec({ id: workload.id, input: new Uint8Array(Number(inputBytes)) })
const refusal = await store
  .insert(workload, spec)
  .catch((error: NodeJS.ErrnoException) => error.code)
const found = [await store.get(workload.id), await store.spec(workload.id)]
const left = found.filter((one) => one !== undefined).length
console.log(JSON.stringify({ refusal, left }))
