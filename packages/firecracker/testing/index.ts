export { FakeFirecracker } from './fake-firecracker.ts'
export type { FakeVm } from './fake-vm.ts'
export type { FakeScript, Manner } from './script.ts'
