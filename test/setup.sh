#!/bin/sh
# Makes sure that the programs are there which the tests run: HAProxy 3.0, the oldest that is supported, and 3.4, the one
# that the image ships; `ip` and `ss` (a half-open connection needs a network
# namespace), `openssl` (certificates), `curl` (a client), `docker` (the real client against the simulated Swarm). For the end-to-end tests
# besides: `qemu-system-x86_64`, `debootstrap` and `mkfs.ext4` (the guest with IP_VS).
# Says what it installs before it does; where it cannot, it names what to install and fails.
set -eu

for branch in 3.0 3.4; do
    sh haproxy/setup.sh --branch $branch >/dev/null
done

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need ip iproute2
need ss iproute2
need openssl openssl
need curl curl
need docker docker.io
if [ "${npm_lifecycle_event:-}" != test:integration ]; then
    need qemu-system-x86_64 qemu-system-x86
    need debootstrap debootstrap
    need mkfs.ext4 e2fsprogs
fi
[ -n "$missing" ] || exit 0

packages=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "The tests need programs that are not here. Install: $packages" >&2
    exit 1
fi
echo "Installing for the tests: $packages" >&2
apt-get update -qq >&2 || true
# shellcheck disable=SC2086 # A list of words is meant.
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
