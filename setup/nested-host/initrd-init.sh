#!/bin/busybox sh
# /init of the nested host's initrd: mounts the drives in the order in which QEMU was given them, and
# hands over to the program of the tree that is tested.

/bin/busybox mount -t devtmpfs none /dev
while read -r module; do
  /bin/busybox insmod "/modules/$module"
done < /modules/order
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount -t ext4 /dev/vdb /root/vulcan
/bin/busybox mount -t ext4 -o ro /dev/vdc /root/vulcan/node_modules
/bin/busybox mount -t ext4 -o ro /dev/vdd /root/home-image
/bin/busybox mount -t ext4 /dev/vde /root/work
exec /bin/busybox switch_root /root /bin/sh /vulcan/tests/nested/host-init.sh
