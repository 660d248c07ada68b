/**
 * The guest's kernel: Debian's for clouds, which boots in Firecracker and in QEMU's microvm, finds
 * its devices through ACPI, and has ext4, VMGENID and the cgroups built in.
 */
export const kernelRecipe = {
  /** Raised when the code that builds changes what comes out. */
  revision: 3,
  suite: 'trixie',
  package: 'linux-image-cloud-amd64',
  /** In the order in which a guest wants them; what they need themselves comes by itself. */
  modules: ['virtio_mmio', 'virtio_blk', 'overlay', 'vmw_vsock_virtio_transport', 'virtio_rng'],
  /** Loaded only in a guest that has a network device; the others start without them sooner. */
  networkModules: ['virtio_net'],
} as const
