export { isLoopback } from './access/authority.ts'
export { type Caller, Quota } from './access/caller.ts'
export { KeyError } from './access/errors.ts'
export { KeyAuthenticator, type KeyAuthenticatorOptions } from './access/key-authenticator.ts'
export type { KeyRecord, NewKey } from './access/key-record.ts'
export { KeyStore } from './access/key-store.ts'
export {
  KeylessAuthenticator,
  type KeylessAuthenticatorOptions,
} from './access/keyless-authenticator.ts'
export type { Authenticator, RequestFacts, SubmissionNeeds } from './authenticator.ts'
export { HttpProblem, type HttpProblemDetails } from './http-problem.ts'
export { Server } from './server.ts'
export type {
  AnsweredRequest,
  HttpLimits,
  IncomingRequest,
  RequestTrace,
  ServerOptions,
  WorkloadDefaults,
} from './server-options.ts'
