#!/bin/sh
# Makes sure that the programs are there which the tests run: `ip` and `ss` (a half-open connection needs a network
# namespace), `openssl` (certificates), `docker` (the real client against the simulated Swarm).
# Says what it installs before it does; where it cannot, it names what to install and fails.
set -eu

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need ip iproute2
need ss iproute2
need openssl openssl
if ! command -v docker >/dev/null 2>&1; then
    # Debian 13 has the client alone; before it, it comes with the engine.
    if apt-cache show docker-cli 2>/dev/null | grep -q '^Description.*client\|^Package: docker-cli'; then
        missing="$missing docker-cli"
    else
        missing="$missing docker.io"
    fi
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
