import { agent, framed, READY, RESULT, runUntil, STARTED, writing } from './agent.ts'
import type { Fault } from './fault.ts'
import type { Place } from './place.ts'

const CALLS = [
  'PUT /machine-config',
  'PUT /boot-source',
  'PUT /drives/rootfs',
  'PUT /drives/scratch',
  'PUT /network-interfaces/eth0',
  'PUT /vsock',
  'PUT /actions',
] as const

const never = new Promise<never>(() => undefined)
const RUN = ['request', 'running'] as const
const inRun = (code: string) => RUN.map((phase) => `${code}@${phase}`)

/** The VMM dies, refuses, or never comes up. */
export function vmmFaults(place: Place): Fault[] {
  const told = { consoleIsTold: true }
  return [
    ...CALLS.flatMap((call): Fault[] => {
      const rows = [call === 'PUT /actions' ? 'boot_failed@booting' : 'boot_failed@vmm']
      const network = call.includes('network') ? { network: 'public' as const } : {}
      return [
        {
          kind: 'VMM dies at a call',
          which: call,
          rows,
          script: { dieAt: call },
          ...network,
          ...told,
        },
        {
          ...{ kind: 'VMM refuses a call', which: call, rows, ...network, ...told },
          script: { faults: { [call]: 'no' } },
        },
      ]
    }),
    ...BINARIES.map(
      ([which, lines]): Fault => ({
        kind: 'VMM does not come up',
        which,
        rows: ['boot_failed@vmm'],
        arrange: async () => ({
          binary:
            lines === undefined ? '/nonexistent/firecracker' : await place.script('vmm', ...lines),
          [Symbol.asyncDispose]: async () => undefined,
        }),
      }),
    ),
    {
      kind: 'VMM dies',
      which: 'while the guest boots',
      // With it go the VMMs of its neighbours, which may not have come to say anything.
      rows: ['boot_failed@booting', 'boot_failed@vmm'],
      script: {},
      onPhase: (phase, fake) => {
        if (phase === 'booting') for (const vm of fake.vms) vm.kill()
      },
    },
    {
      ...{ kind: 'VMM dies', which: 'while the program runs', rows: inRun('vmm_crashed'), ...told },
      script: agent(async (_, vm) => vm.kill()),
    },
    {
      ...{ kind: 'VMM dies', which: 'as the guest reboots', rows: inRun('agent_lost'), ...told },
      script: agent(async (_, vm) => vm.exit(0)),
    },
    {
      ...{
        kind: 'VMM dies',
        which: 'after the result',
        rows: ['exited@ended', ...inRun('vmm_crashed')],
      },
      script: agent(async (connection, vm) => {
        connection.write(RESULT)
        vm.kill()
      }),
    },
  ]
}

/** Undefined: there is no such program. */
const BINARIES: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['ends at once', ['exit 3']],
  ['is killed at once', ['kill -9 $$']],
  ['is missing', undefined],
]

/** The agent is silent, talks nonsense, or is cut off. */
export function agentFaults(): Fault[] {
  const told = { consoleIsTold: true }
  const ready = (message: Buffer) => ({ readiness: { ...READY, message } })
  const faults: readonly (readonly [string, Fault['rows'], NonNullable<Fault['script']>])[] = [
    [
      'readiness is nonsense',
      ['protocol_violation@booting'],
      ready(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    ],
    ['readiness has the wrong shape', ['protocol_violation@booting'], ready(framed([]))],
    ['readiness is cut', ['agent_lost@booting'], ready(READY.message.subarray(0, 20))],
    ['readiness is reset', ['agent_lost@booting'], { readiness: { ...READY, manner: 'reset' } }],
    [
      'nobody listens',
      ['agent_unreachable@booting', 'agent_unreachable@request'],
      { readiness: READY },
    ],
    [
      'answers without OK',
      ['agent_unreachable@booting', 'agent_unreachable@request'],
      { ...agent(writing()), acknowledge: 'nonsense' },
    ],
    ['ends before the start', inRun('agent_lost'), agent(writing())],
    ['ends after the start', inRun('agent_lost'), agent(writing(STARTED))],
    ['is cut in its result', inRun('agent_lost'), agent(writing(STARTED, RESULT.subarray(0, 9)))],
    [
      'result has the wrong shape',
      inRun('protocol_violation'),
      agent(writing(framed({ type: 'result' }))),
    ],
    ['starts twice', inRun('protocol_violation'), agent(writing(STARTED, STARTED))],
  ]
  return [
    ...faults.map(([which, rows, script]) => ({ kind: 'agent', which, rows, script, ...told })),
    {
      ...{ kind: 'agent', which: 'is silent', rows: ['agent_unreachable@booting'], ...told },
      ...{ script: {}, env: { VULCAN_FC_BOOT_TIMEOUT_MS: '1000' } },
    },
    {
      ...{ kind: 'agent', which: 'never ends its program', rows: ['timeout@running'] },
      ...{ script: agent(runUntil(never)), timeoutS: 1 },
    },
  ]
}
