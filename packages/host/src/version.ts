/** The version of Vulcan. */
export const VERSION = '0.1.0'
