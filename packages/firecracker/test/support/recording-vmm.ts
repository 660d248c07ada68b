import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type MachineConfiguration, type Vmm, VmmApi } from '../../src/api.ts'

/** A VMM that does nothing but write down what it was called with. */
export function recordingVmm(overrides: Partial<Vmm> = {}) {
  const calls: string[] = []
  const started: MachineConfiguration[] = []
  const vmm: Vmm = {
    identity: { id: 'vm-1', vmmVersion: '1.16.1', appName: 'Recording' },
    configure: (part) => void calls.push(`configure ${part.kind}`),
    start: (configuration) => {
      calls.push('start')
      started.push(configuration)
    },
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    sendCtrlAltDel: () => void calls.push('sendCtrlAltDel'),
    flushMetrics: () => void calls.push('flushMetrics'),
    change: (change) => void calls.push(`change ${change.kind}`),
    setMetadata: () => void calls.push('setMetadata'),
    createSnapshot: () => void calls.push('createSnapshot'),
    ...overrides,
  }
  return { calls, started, api: new VmmApi(vmm) }
}

/** Writes the files that a boot needs and gives the bodies that name them. */
export function bootFiles(directory: string) {
  const kernel = join(directory, 'vmlinux')
  const rootfs = join(directory, 'rootfs.ext4')
  writeFileSync(kernel, 'kernel')
  writeFileSync(rootfs, 'rootfs')
  return {
    bootSource: { kernel_image_path: kernel },
    rootDrive: {
      drive_id: 'rootfs',
      path_on_host: rootfs,
      is_root_device: true,
      is_read_only: true,
    },
  }
}

/** Sends a request with a JSON body, or none, past the transport. */
export function sendTo(api: VmmApi) {
  return async (method: string, path: string, body?: unknown) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await api.handle({ method, path, body: text })
    return { status: answer.status, body: answer.body as Record<string, unknown> | undefined }
  }
}
