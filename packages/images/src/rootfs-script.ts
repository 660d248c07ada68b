import { dirname } from 'node:path'
import { MKE2FS_ENVIRONMENT, MKE2FS_OPTIONS } from './ext4.ts'
import { type RootfsRecipe, RUNTIME_FILE, runtimeFile } from './recipes/rootfs-recipe.ts'

/** What the script leaves in the root for the host to fetch: not in the image, see `makeImage`. */
export const SCRIPT_OUTPUT = {
  image: 'dev/vulcan-image',
  packages: 'dev/vulcan-packages',
  versions: 'dev/vulcan-versions',
} as const

/**
 * The shell script that turns a fresh Debian root (its first argument) into a runtime's image, as
 * the customize hook of mmdebstrap: there, in its namespaces, owners are what they shall be in the
 * image, and mounts are nobody else's.
 */
export function rootfsScript(recipe: RootfsRecipe): string {
  return [
    'set -eu',
    'umask 022',
    'root=$1',
    say(`preparing ${recipe.runtime}`),
    writeRuntimeFile(recipe),
    recipe.customize.trim(),
    recordVersions(recipe),
    removeSuperfluous,
    writeBaseFiles,
    say('writing the image'),
    makeImage(recipe),
    ...(recipe.ageless === undefined ? [] : [setTimes(recipe.ageless)]),
    checkImage,
  ].join('\n\n')
}

/** In the form in which mmdebstrap itself tells what it does. */
function say(what: string): string {
  return `echo 'I: ${what}' >&2`
}

function writeRuntimeFile(recipe: RootfsRecipe): string {
  return `
mkdir -p "$root/${dirname(RUNTIME_FILE)}"
cat > "$root/${RUNTIME_FILE}" << 'END'
${runtimeFile(recipe)}
END`.trim()
}

function recordVersions({ versions }: RootfsRecipe): string {
  const commands = Object.values(versions).map(
    (command) => `chroot "$root" ${command} >> "$root/${SCRIPT_OUTPUT.versions}"`,
  )
  const list = `chroot "$root" dpkg-query -W > "$root/${SCRIPT_OUTPUT.packages}"`
  return [...commands, list].join('\n')
}

// Goes: what only package management needs (nobody in a guest is root, and the image is read-only
// underneath), documentation, translations, caches. Stays: all that a program may run through a
// shell, perl among it, character sets for iconv, licences, and dpkg's list of what is installed,
// which scanners for known vulnerabilities read.
const removeSuperfluous = `
chroot "$root" dpkg-query -L dpkg debconf | while read -r path; do
  if [ -L "$root$path" ] || [ -f "$root$path" ]; then rm "$root$path"; fi
done
find "$root/var/lib/dpkg" -mindepth 1 -maxdepth 1 ! -name status -exec rm -rf {} +
rm -rf "$root"/var/lib/apt "$root"/var/lib/pam "$root"/var/lib/systemd \\
  "$root"/etc/apt "$root"/etc/dpkg "$root"/etc/cron.daily "$root"/etc/systemd "$root"/etc/init.d \\
  "$root"/usr/lib/systemd "$root"/usr/share/bash-completion "$root"/usr/share/bug \\
  "$root"/usr/share/debconf "$root"/usr/share/doc-base "$root"/usr/share/info \\
  "$root"/usr/share/lintian "$root"/usr/share/locale "$root"/usr/share/man \\
  "$root"/usr/share/menu "$root"/usr/share/pixmaps "$root"/usr/share/polkit-1
find "$root"/var/cache "$root"/var/log "$root"/var/backups "$root"/run "$root"/tmp \\
  -mindepth 1 -delete
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +`.trim()

const writeBaseFiles = `
echo 'vulcan:x:1000:1000:vulcan:/work:/bin/bash' >> "$root/etc/passwd"
echo 'vulcan:x:1000:' >> "$root/etc/group"
echo vulcan > "$root/etc/hostname"
printf '127.0.0.1 localhost vulcan\\n::1 localhost ip6-localhost\\n' > "$root/etc/hosts"
rm -f "$root/etc/resolv.conf" "$root/etc/machine-id"
: > "$root/etc/resolv.conf"
: > "$root/etc/machine-id"
: > "$root/usr/local/bin/vulcan-guest"
chmod 644 "$root/etc/hostname" "$root/etc/hosts" "$root/etc/resolv.conf" "$root/etc/machine-id"
chmod 755 "$root/usr/local/bin/vulcan-guest"
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run"
install -d -m 1777 "$root/tmp"
install -d -o 1000 -g 1000 -m 755 "$root/work"`.trim()

/**
 * The root is bound to a directory in itself, which shows it without what is mounted in it, and
 * /dev is covered there: it holds device nodes or not, according to who builds, and the output. The
 * size is counted: blocks of files and directories, inodes, and something for large directories and
 * the file system itself.
 */
function makeImage({ runtime }: RootfsRecipe): string {
  const environment = Object.entries(MKE2FS_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
  return `
tree=$root/mnt
mount --bind "$root" "$tree"
mount -t tmpfs -o mode=755 none "$tree/dev"
inodes=$(($(find "$tree" | wc -l) + 64))
blocks=$(find "$tree" -type f -printf '%s\\n' -o -type d -printf '4096\\n' |
  awk '{ blocks += int(($1 + 4095) / 4096) } END { print blocks }')
blocks=$((blocks + inodes / 16 + blocks / 64 + 256))
${environment.join(' ')} mke2fs ${MKE2FS_OPTIONS.join(' ')} -L ${runtime} -N $inodes \\
  -d "$tree" "$root/${SCRIPT_OUTPUT.image}" $blocks
umount -R "$tree"`.trim()
}

/** Afterwards, since mke2fs before 1.47.1 writes no times after 2038. */
function setTimes(directory: string): string {
  return `
find "$root${directory}" -type f -printf 'set_inode_field ${directory}/%P mtime 21000101\\n' |
  debugfs -w "$root/${SCRIPT_OUTPUT.image}" > /dev/null`.trim()
}

const checkImage = `e2fsck -fn "$root/${SCRIPT_OUTPUT.image}"`
