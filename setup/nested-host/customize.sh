# The customize hook of mmdebstrap that turns a fresh Debian root ($1) into the host of nested tests:
# its disk, its kernel, and an initrd that finds the disk. What is in /dev is not part of the disk.

set -eu
umask 022
root=$1
version=$(ls "$root/usr/lib/modules")

# The kernel that boots it comes from outside; what it was packed with only takes space.
mv "$root/boot/vmlinuz-$version" "$root/dev/nested-vmlinuz"

echo 'I: writing the initrd' >&2
tree=$root/dev/nested-tree
mkdir -p "$tree/bin" "$tree/modules" "$tree/dev" "$tree/proc" "$tree/root"
cp "$root/bin/busybox" "$tree/bin/busybox"
cp "$root/dev/nested-init" "$tree/init"
chmod 755 "$tree/init"
chroot "$root" modprobe --show-depends --set-version "$version" --all virtio_pci virtio_blk |
  sed -n 's/^insmod \([^ ]*\).*/\1/p' |
  while read -r module; do
    name=$(basename "$module" .xz)
    [ ! -e "$tree/modules/$name" ] || continue
    xz --decompress --stdout "$root$module" > "$tree/modules/$name"
    echo "$name" >> "$tree/modules/order"
  done
(cd "$tree" && find . | cpio --quiet --create --format=newc --owner=0:0) | gzip > "$root/dev/nested-initrd"

rm -rf "$root/boot" "$root/var/lib/apt" "$root/var/cache/apt" "$root/usr/share/doc" \
  "$root/usr/share/man" "$root/usr/share/locale"
mkdir -p "$root/vulcan" "$root/home-image" "$root/work" "$root/etc/cni/conf.d"
echo nested > "$root/etc/hostname"
printf '127.0.0.1 localhost nested\n::1 localhost\n' > "$root/etc/hosts"

echo 'I: writing the disk' >&2
mount --bind "$root" "$root/mnt"
mount -t tmpfs -o mode=755 none "$root/mnt/dev"
kib=$(($(du --summarize --block-size=1K --one-file-system "$root/mnt" | cut -f 1) * 5 / 4 + 65536))
mke2fs -q -F -t ext4 -O ^has_journal -m 0 -L nested -d "$root/mnt" "$root/dev/nested-disk" "${kib}k"
umount -R "$root/mnt"
