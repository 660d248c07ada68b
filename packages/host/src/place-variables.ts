import { ABSOLUTE_PATH, type Variable, words } from '@vulcan/schema'

export const VMM_SETTINGS = ['auto', 'firecracker', 'qemu'] as const
export type VmmSetting = (typeof VMM_SETTINGS)[number]

/** Where a host keeps its things, and which VMM it uses. */
export const PLACE_VARIABLES = {
  home: {
    name: 'VULCAN_HOME',
    ...ABSOLUTE_PATH,
    about: 'directory for images, scratch drives, databases and how VMs ended',
    otherwise: '`/var/lib/vulcan` as root, else `$XDG_DATA_HOME/vulcan`',
  },
  run: {
    name: 'VULCAN_RUN',
    ...ABSOLUTE_PATH,
    takes: 'an absolute path of at most 41 bytes',
    about: 'directory for sockets, manifests and locks, mode 0700',
    otherwise: '`/run/vulcan` as root, else `$XDG_RUNTIME_DIR/vulcan`',
  },
  vmm: {
    name: 'VULCAN_VMM',
    ...words(VMM_SETTINGS),
    about: 'what runs the VMs; `vulcan serve` uses software emulation only where it is `qemu`',
    otherwise: '`auto`: Firecracker or QEMU where KVM boots a guest, else QEMU in software',
  },
} satisfies Record<string, Variable>
