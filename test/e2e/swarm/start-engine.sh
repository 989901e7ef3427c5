#!/bin/sh
# Starts one engine as if it were alone on its machine; the caller has made the mount and UTS namespaces.
# Usage: start-engine.sh HOST-NAME RUN-FOLDER dockerd [ARGUMENTS]
set -eu

echo "$1" >/proc/sys/kernel/hostname
own=$2
shift 2

# A /run of its own: in it the engine is /run/docker.sock, as on any machine, and what it keeps in /run/docker is its own.
# Hidden are an engine of the machine, and a containerd that this one would take for its own.
mkdir -p "$own/run"
mount -t tmpfs tmpfs "$own/run"
for kept in "$own" /run/systemd/resolve; do
    [ -d "$kept" ] || continue
    mkdir -p "$own/run/${kept#/run/}"
    mount --bind "$kept" "$own/run/${kept#/run/}"
done
mount --rbind "$own/run" /run

# An identity of its own, which older engines keep here.
mount -t tmpfs tmpfs /etc/docker
exec "$@"
