import { missingImport, type RootfsRecipe } from './rootfs-recipe.ts'

const GO = '/usr/local/go'
const CACHE = `${GO}/cache`
const TOOLS = `${GO}/pkg/tool/linux_amd64`
const LIB = '/usr/local/lib/vulcan'
/** Where a build leaves the program. */
const PROGRAM = '/tmp/vulcan/program'

/**
 * The flags of every build: those that compiled the standard library, or nothing of it can be used.
 * Debug information is for debuggers, which no guest has; without it linking, the better part of a
 * build, is faster. Stack traces do not need it.
 */
const COMPILE_FLAGS = '-dwarf=false'
const LINK_FLAGS = '-s'

const goEnv = `
CGO_ENABLED=0
GOCACHE=${CACHE}
GOFLAGS=-buildvcs=false -gcflags=all=${COMPILE_FLAGS} -ldflags=${LINK_FLAGS}
GOPATH=/tmp/go
GOPROXY=off
GOSUMDB=off
GOTOOLCHAIN=local`.trim()

/** What programs import most. */
const usualPackages = [
  'bufio',
  'bytes',
  'context',
  'encoding/json',
  'errors',
  'fmt',
  'io',
  'math',
  'net/http',
  'os',
  'os/signal',
  'regexp',
  'sort',
  'strconv',
  'strings',
  'sync',
  'time',
] as const

const usualProgram = `
package main

import (
${usualPackages.map((name) => `\t${name === 'fmt' || name === 'net/http' ? '' : '_ '}"${name}"`).join('\n')}
)

func main() { fmt.Println(http.DefaultClient) }`.trim()

/** For entrypoints without a go.mod: lays this one over the place where it would be. */
const overlay = JSON.stringify({ Replace: { 'go.mod': `${LIB}/go.mod` } })
const goMod = 'module main'

/**
 * Builds the package of an entrypoint, from the root of its module so that messages name files as
 * the user does; without go.mod, what lies beside the entrypoint.
 *
 * A lone file is built as "go run FILE" does it: most often with nothing but the standard library,
 * so that compiler and linker alone do, in half the time. What these two do not do or do not like
 * is left to "go build", which has the better words, too.
 *
 * Go trims its cache, looking at every entry, unless it has done so today; the image is older.
 */
export const buildScript = `
#!/bin/sh
set -eu
program=${PROGRAM}
tools=${TOOLS}
export XDG_CONFIG_HOME=${LIB}/config
mkdir -p "\${program%/*}"

build_lone_file() {
  ! grep -q '^//go:debug' "$1" || return 1
  "$tools/compile" -p main -complete -pack ${COMPILE_FLAGS} -importcfg ${LIB}/public.cfg \\
    -o "$program.a" "$1" || return 1
  "$tools/link" -buildmode exe ${LINK_FLAGS} -importcfg ${LIB}/all.cfg -o "$program" "$program.a"
}

case $1 in
  */*) dir=\${1%/*} ;;
  *) dir=. ;;
esac

module=$dir
while [ ! -f "$module/go.mod" ] && [ "$module" != . ]; do
  case $module in
    */*) module=\${module%/*} ;;
    *) module=. ;;
  esac
done

if [ -f "$module/go.mod" ]; then
  cd "$module"
  case $module in
    "$dir") set -- . ;;
    .) set -- "./$dir" ;;
    *) set -- "./\${dir#"$module"/}" ;;
  esac
else
  cd "$dir"
  entry=./\${1##*/}
  set -- "$entry"
  for file in ./*.go; do
    case $file in
      "$entry" | *_test.go) ;;
      *) set -- -overlay=${LIB}/overlay.json . ;;
    esac
  done
  [ $# != 1 ] || ! build_lone_file "$entry" > /dev/null 2>&1 || exit 0
fi

date +%s > ${CACHE}/trim.txt
${GO}/bin/go build -o "$program" "$@"
if [ ! -x "$program" ]; then
  echo 'this is no program: its package is not main' >&2
  exit 1
fi`.trim()

/**
 * Builds a program that imports what programs import most, as a lone file is built, and removes it:
 * compiler, linker and the archives of those packages are then in memory, and so is what "go build"
 * reads before it knows that there is nothing else to do. Go's cache is not written to.
 */
export const prepareScript = `
#!/bin/sh
set -eu
export XDG_CONFIG_HOME=${LIB}/config
rm -rf /tmp/vulcan-prepare
mkdir /tmp/vulcan-prepare
trap 'rm -rf /tmp/vulcan-prepare' EXIT
cd /tmp/vulcan-prepare
cat > usual.go << 'END_OF_PROGRAM'
${usualProgram}
END_OF_PROGRAM
${TOOLS}/compile -p main -complete -pack ${COMPILE_FLAGS} -importcfg ${LIB}/public.cfg \\
  -o usual.a usual.go
${TOOLS}/link -buildmode exe ${LINK_FLAGS} -importcfg ${LIB}/all.cfg -o usual usual.a
${GO}/bin/go version > usual.version`.trim()

/** What the tools are told of the standard library: all of it, and what programs may import. */
const listPackages = `
go_list='{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}'
run_go list -export -f "$go_list" std > "$root${LIB}/all.cfg"
grep -vE ' (vendor|internal)/|/internal[/=]' "$root${LIB}/all.cfg" > "$root${LIB}/public.cfg"
echo 'package main; func main() {}' > "$root/tmp/empty.go"
run_go build -x -o /tmp/empty /tmp/empty.go 2>&1 | grep '^modinfo ' >> "$root${LIB}/all.cfg"`.trim()

/**
 * Go from its toolchain module; Debian's is too old. It stays without sources of its own commands,
 * tests, other machines' files, and the tools that a build does not call.
 *
 * Go rewrites the times of cache entries that are older than an hour, which through an overlay
 * copies them, and removes those older than some days. Hence \`ageless\`. What it knows of its
 * sources it finds by their times, in full seconds since the image holds no others.
 */
export const goRecipe: RootfsRecipe = {
  runtime: 'go',
  suite: 'trixie',
  packages: ['ca-certificates', 'tzdata', 'netbase'],
  source: {
    manager: 'go',
    package: 'golang.org/toolchain',
    version: 'v0.0.1-go1.27.4.linux-amd64',
    sum: 'h1:8Tl0rBb7KdISSdPkZBjlpZxsUBb+004GI/SM2XbmSqI=',
    goModSum: 'h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=',
  },
  customize: `
go="$root${GO}"
mkdir -p "$go/bin" "$root${TOOLS}"
cd "$root/tmp/source"
mv VERSION src "$go"
mv bin/go "$go/bin"
mv pkg/include "$go/pkg"
(cd pkg/tool/linux_amd64 && mv asm compile link "$root${TOOLS}")
install -D -m 644 LICENSE "$root/usr/share/doc/go/copyright"
cd "$go"
chown -R 0:0 .
chmod -R u=rwX,go=rX .
chmod 755 bin/* "$root${TOOLS}"/*
rm -rf src/cmd
find src -name testdata -prune -exec rm -rf {} +
others='386|arm|arm64|loong64|mips|mipsle|mips64|mips64le|ppc64|ppc64le|riscv64|s390x|wasm'
others="$others|aix|android|darwin|dragonfly|freebsd|illumos|ios|js|netbsd|openbsd|plan9|solaris"
others="$others|wasip1|windows|test"
find src -regextype posix-extended -type f \\
  '(' -regex ".*_($others)\\.(go|s|c|h)" -o -name '*.syso' ')' -delete
find src -exec touch --date @1767225600 {} +

mkdir -p "$root${LIB}/config/go/telemetry"
echo off > "$root${LIB}/config/go/telemetry/mode"
echo '${overlay}' > "$root${LIB}/overlay.json"
(echo '${goMod}' && sed -nE '1s/^go([0-9]+\\.[0-9]+).*/go \\1/p' VERSION) > "$root${LIB}/go.mod"
cat > go.env << 'END'
${goEnv}
END
cat > "$root${LIB}/build" << 'END'
${buildScript}
END
cat > "$root${LIB}/prepare" << 'END'
${prepareScript}
END
chmod 755 "$root${LIB}/build" "$root${LIB}/prepare"

echo 'I: compiling the standard library' >&2
run_go() {
  chroot "$root" env -i HOME=/tmp XDG_CONFIG_HOME=${LIB}/config ${GO}/bin/go "$@"
}
run_go build std
${listPackages}
chown -R 1000:1000 "$root${CACHE}"
`,
  ageless: CACHE,
  program: {
    defaultEntrypoint: 'main.go',
    build: [`${LIB}/build`],
    command: [PROGRAM],
    env: {},
    prepare: [`${LIB}/prepare`],
    hints: [
      missingImport(
        [
          ': no required module provides package ',
          ': module lookup disabled by GOPROXY=off',
          ': missing go.sum entry ',
          ': cannot find module providing package ',
          ': inconsistent vendoring in ',
          ' is not in std (',
        ],
        '"go mod vendor" puts the packages of a module into its vendor directory',
      ),
    ],
  },
  versions: { go: `sed -n 1s/^go//p ${GO}/VERSION` },
}
