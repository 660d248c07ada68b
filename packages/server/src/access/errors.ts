import { VulcanError } from '@vulcan/schema'

/** `key_unknown`: no key has this id. `key_limit`: there are as many keys as a host keeps. */
export class KeyError extends VulcanError<'key_unknown' | 'key_limit'> {}
