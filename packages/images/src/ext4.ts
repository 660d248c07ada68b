/**
 * Options under which `mke2fs` makes the same ext4 on every host, whatever its /etc/mke2fs.conf and
 * version say, for file systems that nobody repairs: no journal, no reserved blocks, no room to
 * grow, no checksums of metadata to compute in the guest, fixed identities.
 *
 * Inode tables count as zeroed, which they are in a new file, so that no guest's kernel starts to
 * zero them in the background and fills a sparse drive.
 */
export const MKE2FS_OPTIONS = [
  '-q',
  '-F',
  ...['-t', 'ext4', '-b', '4096', '-I', '256', '-m', '0'],
  ...[
    '-O',
    'none,dir_index,dir_nlink,ext_attr,extent,extra_isize,filetype,flex_bg,huge_file,large_file,sparse_super,uninit_bg',
  ],
  ...['-U', '76756c63-616e-4000-8000-000000000001'],
  ...[
    '-E',
    'hash_seed=76756c63-616e-4000-8000-000000000002,root_owner=0:0,lazy_itable_init=0,nodiscard',
  ],
] as const

/** Environment for `mke2fs`: the time that it writes into a file system, 2026-01-01 (UTC). */
export const MKE2FS_ENVIRONMENT = { E2FSPROGS_FAKE_TIME: '1767225600' } as const
