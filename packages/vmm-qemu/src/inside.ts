/** Where things are in QEMU's jail. */
export const INSIDE = {
  kernel: '/kernel',
  initrd: '/initrd',
  vsock: '/vsock',
  drive: (index: number) => `/drive${index}`,
} as const
