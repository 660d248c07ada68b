export { type Caller, Quota, Scope } from './access/caller.ts'
export type { Authenticator, RequestFacts, SubmissionNeeds } from './authenticator.ts'
export { HttpProblem, type HttpProblemDetails } from './http-problem.ts'
