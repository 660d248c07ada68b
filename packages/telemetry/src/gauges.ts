import type { Meters } from './meters.ts'

/** What there is of something, and how much of it is taken. */
export interface Room {
  readonly used: number
  readonly free: number
}

type Read<T> = () => T | Promise<T>

/** What a host is asked whenever its metrics are read. */
export interface HostGauges {
  readonly slots: Read<Room>
  readonly memoryBytes: Read<Room>
  /** Of the file system of the data directory. */
  readonly diskBytes: Read<Room>
  /** How many workloads may wait. */
  readonly queueLimit: Read<number>
}

export function observeHost(meters: Meters, node: string, gauges: HostGauges): void {
  const room = (read: Read<Room>) => async () => {
    const { used, free } = await read()
    return [
      { value: used, labels: { node, state: 'used' as const } },
      { value: free, labels: { node, state: 'free' as const } },
    ]
  }
  meters.observe('vulcan.node.slots', room(gauges.slots))
  meters.observe('vulcan.node.memory', room(gauges.memoryBytes))
  meters.observe('vulcan.node.disk', room(gauges.diskBytes))
  meters.observe('vulcan.queue.limit', async () => [
    { value: await gauges.queueLimit(), labels: {} },
  ])
}
