export { type Caller, Quota, Scope } from './access/caller.ts'
