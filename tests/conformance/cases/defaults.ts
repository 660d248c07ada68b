/** What a VMM tells that was just started. */
export const DEFAULT_MACHINE = {
  vcpu_count: 1,
  mem_size_mib: 128,
  smt: false,
  track_dirty_pages: false,
  huge_pages: 'None',
}

export const DEFAULT_CONFIG = {
  balloon: null,
  drives: [],
  'boot-source': { kernel_image_path: '', initrd_path: null, boot_args: null },
  'cpu-config': null,
  logger: null,
  'machine-config': DEFAULT_MACHINE,
  metrics: null,
  'mmds-config': null,
  'network-interfaces': [],
  vsock: null,
  entropy: null,
  pmem: [],
  'memory-hotplug': null,
}

export const NO_FILE = 'No such file or directory (os error 2)'
