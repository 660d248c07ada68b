import { MemoryStore } from '@vulcan/engine'
import { testStoreContract } from './support/store-contract.ts'

testStoreContract('in memory', async () => new MemoryStore())
