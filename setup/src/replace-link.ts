import { rename, rm, symlink } from 'node:fs/promises'

/** Lets `link` lead to `target`. Renamed into place: another process may be starting what it names. */
export async function replaceLink(link: string, target: string): Promise<void> {
  await rm(`${link}.new`, { force: true })
  await symlink(target, `${link}.new`)
  await rename(`${link}.new`, link)
}
