import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type VulcanUnderTest, written } from '../../support/vulcan.ts'

/** What the kernel tells of a VM's VMM. */
export interface RunningVmm {
  readonly id: string
  readonly pid: number
  /** What the VMM sees as `/`. */
  readonly root: string
  readonly uid: number
  /** The lines of its `/proc/<pid>/cgroup` that are the VM's own. */
  readonly cgroups: readonly string[]
}

/** A VM whose program runs. */
export interface RunningVm extends RunningVmm {
  /** The command that runs it. */
  readonly child: ChildProcess
}

/** Starts a program that never ends, and waits until it has said something. */
export async function startVm(
  vulcan: VulcanUnderTest,
  env: Readonly<Record<string, string>>,
  ...flags: string[]
): Promise<RunningVm> {
  const code = 'import time; print("up", flush=True); time.sleep(600)'
  const child = vulcan.start(['run', ...flags, '-c', code], env)
  await written(child, 'stdout', 'up')
  const [name = ''] = await vulcan.vms()
  return { child, ...(await vmmOf(vulcan, name)) }
}

/** The VMM of a VM, by the name of the VM's directory. */
export async function vmmOf(vulcan: VulcanUnderTest, name: string): Promise<RunningVmm> {
  const record = JSON.parse(await readFile(join(vulcan.runDir, 'vms', name, 'vmm.pid'), 'utf8'))
  const id = name.split('.')[0] ?? ''
  const [status, cgroups] = await Promise.all([
    readFile(`/proc/${record.pid}/status`, 'utf8'),
    readFile(`/proc/${record.pid}/cgroup`, 'utf8'),
  ])
  return {
    id,
    pid: record.pid,
    root: `/proc/${record.pid}/root`,
    uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]),
    cgroups: cgroups.split('\n').filter((line) => line.endsWith(`/vulcan/${id}`)),
  }
}

/** Fails unless the VMM is nobody, without privileges, filtered, limited, and without our network. */
export async function assertLockedIn({ pid, uid, cgroups }: RunningVmm): Promise<void> {
  assert.ok(uid >= 1_900_000_000, `it runs as user ${uid}`)
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')
    const ids = new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm')
    assert.match(status, ids)
    assert.match(status, /^CapEff:\t0+$/m)
    assert.match(status, /^NoNewPrivs:\t1$/m)
    assert.match(status, /^Seccomp:\t2$/m)
  }
  assert.notEqual(cgroups.length, 0)
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
  assert.match(limits, /^Max open files +2048 +2048 /m)
  assert.match(limits, /^Max core file size +0 +0 /m)
}
