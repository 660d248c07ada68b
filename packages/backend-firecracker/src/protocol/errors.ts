import { VulcanError } from '@vulcan/schema'

type ProtocolErrorCode =
  | 'message_empty'
  | 'message_too_large'
  | 'message_truncated'
  | 'message_not_json'
  | 'message_unexpected'

/** A message that breaks the guest protocol; whoever sent it is not to be believed any more. */
export class ProtocolError extends VulcanError<ProtocolErrorCode> {}
