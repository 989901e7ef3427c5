#!/bin/sh
# Starts one engine in mounts of its own; the caller has made the mount and UTS namespaces.
# Usage: start-engine.sh HOST-NAME dockerd [ARGUMENTS]
set -eu

echo "$1" >/proc/sys/kernel/hostname
shift
# What an engine keeps under names that no option changes. Hidden as well: an engine, and a containerd that it would take
# for its own, of the machine.
for folder in /run/docker /run/containerd /etc/docker; do
    mount -t tmpfs tmpfs "$folder"
done
exec "$@"
