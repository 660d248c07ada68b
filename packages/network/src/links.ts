import * as z from 'zod'
import { NetworkError } from './errors.ts'
import { runHostProgram } from './run-host-program.ts'

/** What `ip -json -details link show` says of one link, as far as it matters here. */
const Link = z.object({
  ifindex: z.int(),
  ifname: z.string(),
  /** Of the other end of a veth, in that one's namespace. */
  link_index: z.int().optional(),
  mtu: z.int().min(68).max(65_535),
  address: z.string(),
  /** The bridge or other device that the link is a port of. */
  master: z.string().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
})
export type Link = z.infer<typeof Link>

export interface ShowLinkOptions {
  /** Default: the host's namespace. */
  readonly netns?: string
  readonly signal?: AbortSignal | undefined
}

/** Throws `netns_failed`, also when there is no such link. */
export async function showLink(name: string, { netns, signal }: ShowLinkOptions): Promise<Link> {
  const where = netns === undefined ? [] : ['-n', netns]
  const args = [...where, '-json', '-details', 'link', 'show', 'dev', name]
  const stdout = await runHostProgram({ program: 'ip', args, code: 'netns_failed', signal })
  const parsed = z.array(Link).min(1).safeParse(JSON.parse(stdout))
  const link = parsed.data?.[0]
  if (link !== undefined) return link
  throw new NetworkError(
    'netns_failed',
    `ip describes the link ${name} as none that Vulcan knows`,
    {
      step: 'ip link show',
      cause: parsed.error,
    },
  )
}
