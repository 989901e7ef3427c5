#!/bin/sh
# The guest's first process: what the engine needs of a machine, the engine, the scenario, and the end of the machine.
# Owns the order. Refuses a service manager: it would take longer to start than all of this.
# The initial disk has mounted /dev, /proc, /run and /sys; /sbin/guest-init of the system has mounted this folder.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root

mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /tmp
# The images are in the engine's own store before it starts.
mount /dev/vdb /var/lib/docker
modprobe -a ip_vs ip_vs_rr vxlan br_netfilter overlay dummy
hostname guest
ip link set lo up
# The node's address, on no network at all.
ip link add node0 type dummy
ip address add 198.18.0.11/24 dev node0
ip link set node0 up

dockerd --log-level=warn >/run/dockerd.log 2>&1 &
stty -F /dev/ttyS1 raw -echo
/scenario/node /scenario/app/e2e/guest/scenario.js >/dev/ttyS1 2>/dev/console </dev/null
echo o >/proc/sysrq-trigger
sleep 60
