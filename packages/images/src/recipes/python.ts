import { missingImport, type RootfsRecipe } from './rootfs-recipe.ts'

export const pythonRecipe: RootfsRecipe = {
  runtime: 'python',
  suite: 'trixie',
  packages: [
    'python3',
    'python-is-python3',
    'ca-certificates',
    'tzdata',
    // /etc/services and /etc/protocols, which the module socket reads.
    'netbase',
  ],
  // Debian's sitecustomize looks for a crash reporter, in vain, at every start. Bytecode that is
  // never compared with its source saves a stat for each module.
  customize: `
rm -f "$root"/etc/python3.*/sitecustomize.py "$root"/usr/lib/python3.*/sitecustomize.py
find "$root/usr" -type d -name __pycache__ -prune -exec rm -rf {} +
chroot "$root" sh -c 'python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3*'
`,
  program: {
    defaultEntrypoint: 'main.py',
    command: ['/usr/bin/python3'],
    // Into a pipe Python would hold output back until a block of it is full.
    env: { PYTHONUNBUFFERED: '1' },
    hints: [
      missingImport(
        ['\nModuleNotFoundError: No module named '],
        '"pip install --target DIRECTORY PACKAGE" puts a package beside the program',
      ),
    ],
  },
  versions: { python: "python3 -c 'import platform; print(platform.python_version())'" },
}
