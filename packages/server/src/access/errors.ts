import { VulcanError } from '@vulcan/schema'

/**
 * `key_unknown`: no key has this id. `key_invalid`: there can be no such key. `key_limit`: there are as
 * many keys as a host keeps.
 */
export class KeyError extends VulcanError<'key_unknown' | 'key_invalid' | 'key_limit'> {}
