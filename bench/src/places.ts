import { join, resolve } from 'node:path'

/** The clone, or what of it is on this machine. */
export const ROOT = resolve(import.meta.dirname, '../..')
/** The programs that Vulcan starts. */
export const LIBEXEC_DIR = process.env['VULCAN_LIBEXEC'] ?? join(ROOT, 'dist/libexec')
/** Where kernel, initrd and images are. */
export const HOME_DIR = process.env['VULCAN_HOME'] ?? '/var/lib/vulcan'
/** Where raw results go. */
export const RAW_DIR = join(ROOT, 'dist/bench')
/** The command as a user starts it. */
export const VULCAN = join(ROOT, 'bin/vulcan')
