import { placeholder, sitecustomize, waitingModule } from './python-waiting.ts'
import { libraryVariables, missingImport, type RootfsRecipe } from './rootfs-recipe.ts'

const MODULES = '/usr/lib/python3/dist-packages'

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
  // Debian's sitecustomize looks for a crash reporter, in vain, at every start; in its place stands
  // one for interpreters that wait. Bytecode that is never compared with its source saves a stat for each module.
  customize: `
rm -f "$root"/etc/python3.*/sitecustomize.py "$root"/usr/lib/python3.*/sitecustomize.py
cat > "$root${MODULES}/sitecustomize.py" << 'END'
${sitecustomize}
END
cat > "$root${MODULES}/_vulcan_waiting.py" << 'END'
${waitingModule}
END
find "$root/usr" -type d -name __pycache__ -prune -exec rm -rf {} +
chroot "$root" sh -c 'python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib/python3*'
`,
  program: {
    defaultEntrypoint: 'main.py',
    command: ['/usr/bin/python3'],
    // Into a pipe Python would hold output back until a block of it is full.
    env: { PYTHONUNBUFFERED: '1' },
    warm: {
      command: ['/usr/bin/python3', placeholder],
      freshVariables: [...libraryVariables, 'PYTHON*'],
    },
    rehearsal: "print('ready')",
    hints: [
      missingImport(
        ['\nModuleNotFoundError: No module named '],
        '"pip install --target DIRECTORY PACKAGE" puts a package beside the program',
      ),
    ],
  },
  versions: { python: "python3 -c 'import platform; print(platform.python_version())'" },
}
