#!/bin/sh
# Makes the guest's system from Debian's packages: a disk, its kernel, and the initial disk that the kernel begins with.
# Owns what is installed. Refuses what happens after the boot (init.sh, which comes with the scenario) and the images.
# Usage: sh system-disk.sh FOLDER; leaves system.img, vmlinuz and initrd.img there. As root; about two minutes.
set -eu
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
target=$1
part=$(mktemp -d)
chmod 755 "$part"
trap 'rm -rf --one-file-system "$part"' EXIT
trap 'exit 130' HUP INT TERM
root=$part/root

fail() {
  printf 'system-disk: %s\n' "$*" >&2
  exit 1
}

# shellcheck disable=SC2016 # apt expands these.
mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
  awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
[ -n "$mirror" ] || fail "this machine's apt sources name no Debian mirror"

# The keyring of a machine that was not updated for a while lacks trixie's keys; its release's current package has them.
mkdir -m 777 "$part/keyring"
keyring=$part/keyring/usr/share/keyrings/debian-archive-keyring.gpg
(cd "$part/keyring" && apt-get download -qq debian-archive-keyring >&2 && dpkg-deb -x ./*.deb .) ||
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# libstdc++6: this machine's Node runs the scenario.
packages=udev,kmod,linux-image-cloud-amd64,docker.io,docker-cli,iptables,ipvsadm,iproute2,libstdc++6
# What debootstrap mounts there must not outlive it.
unshare --mount debootstrap --variant=minbase --include="$packages" --keyring="$keyring" trixie "$root" "$mirror" \
  >"$part/log" 2>&1 || fail "debootstrap failed: $(tail -n 5 "$part/log")"

rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/man/* "$root"/usr/share/doc/*
mkdir -p "$root/scenario" "$root/var/lib/docker"
printf '127.0.0.1 localhost guest\n' >"$root/etc/hosts"
# Swarm tries to pull even what is there: so that it is refused at once.
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
cat >"$root/sbin/guest-init" <<'END'
#!/bin/sh
mount -o ro /dev/vdc /scenario
exec /bin/sh /scenario/init.sh
END
chmod 755 "$root/sbin/guest-init"

mkdir -p "$target"
cp "$root"/boot/vmlinuz-* "$target/vmlinuz"
cp "$root"/boot/initrd.img-* "$target/initrd.img"
rm -f "$target/system.img"
mkfs.ext4 -q -L system -d "$root" "$target/system.img" 3G
