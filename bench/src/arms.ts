/** Everything that runs programs here, as the tables name it. */
export const ARMS = {
  cold: 'cold, through HTTP',
  'by-hand': 'VMM started by hand',
  'warm-vm': 'warm VM, fresh interpreter, through HTTP',
  'warm-interpreter': 'warm interpreter, through HTTP',
  'open-vm': 'interpreter started in an open VM',
  echo: 'echo of an open VM over vsock',
  other: 'the other server, through HTTP',
  docker: 'docker run',
  unshare: 'unshare on the host',
} as const

export type ArmName = keyof typeof ARMS
