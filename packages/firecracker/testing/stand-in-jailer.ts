import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * As Firecracker's jailer, seen from outside: it makes the same files with the same owners, refuses an
 * id that was used before, and executes the VMM in place, as its user. It changes no root: the VMM is
 * told by `--jail-root` what it would be.
 */
const JAILER = `#!/bin/sh
set -eu
if [ "$1" = --version ]; then echo 'Jailer v1.16.1'; exit; fi
while [ "$1" != -- ]; do
  case "$1" in
    --id) id=$2 ;;
    --exec-file) exec_file=$2 ;;
    --chroot-base-dir) base=$2 ;;
    --uid) uid=$2 ;;
    --gid) gid=$2 ;;
    --resource-limit) ;;
    *) echo "unexpected argument $1" >&2; exit 1 ;;
  esac
  shift 2
done
shift
name=\${exec_file##*/}
root=$base/$name/$id/root
mkdir -p "$root"
chmod 755 "$root"
cp "$exec_file" "$root/$name"
mkdir -p "$root/dev/net" "$root/run"
mknod -m 600 "$root/dev/net/tun" c 10 200
mknod -m 600 "$root/dev/kvm" c 10 232
set -C
printf %s "$$" >"$root/$name.pid"
set +C
chmod 700 "$root" "$root/dev" "$root/dev/net" "$root/run"
chown "$uid:$gid" "$root" "$root/$name" "$root/dev" "$root/dev/net" "$root/dev/net/tun" "$root/dev/kvm" "$root/run"
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups "$exec_file" --id "$id" "$@" --jail-root "$root"
`

/** Writes it into `directory`. */
export function writeStandInJailer(directory: string): string {
  const path = join(directory, 'jailer')
  writeFileSync(path, JAILER, { mode: 0o755 })
  return path
}
