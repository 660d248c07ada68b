import { libexecDir } from '../places.ts'
import type { Step } from '../step.ts'
import { links } from './links.ts'

/** The directory of programs that Vulcan starts: by name, links to where they are. */
export function libexec(programs: Readonly<Record<string, string>>): Step {
  return links('programs in dist/libexec', libexecDir, programs)
}
