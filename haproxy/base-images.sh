#!/bin/sh
# Makes sure that the engine has the two images that haproxy/Dockerfile builds on: haproxy:3.4 and node:24-trixie-slim.
# Where no registry of images can be reached it makes stand-ins of the same names from Debian's and npm's packages.
# Owns .cache/base-images in the checkout. Refuses to build Tidegate's own image: that is `docker build`.
set -eu
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cache=${here%/*}/.cache/base-images
haproxy_image=haproxy:3.4
node_image=node:24-trixie-slim
node_version=24.21.0
npm_version=11.21.2

usage="usage: sh haproxy/base-images.sh [--stand-ins]

Leaves $haproxy_image and $node_image in the engine that \$DOCKER_HOST names. For each, the first that does is taken:
  1. an image of that name that the engine has
  2. a stand-in from an earlier run, kept in .cache/base-images
  3. docker pull, if that ends within 20 seconds
  4. a new stand-in: Debian trixie by debootstrap, with HAProxy 3.4 as haproxy/setup.sh gets it, or with Node $node_version
     and npm $npm_version from the npm registry. As root, on Debian.
With --stand-ins nothing is pulled.

A stand-in is for building and trying Tidegate, not for running it: it gets no security updates by itself. The one for
Node carries this machine's npm registry, proxy and certificates of authorities, so that \`npm ci\` works in it as here."

say() { printf 'base-images: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}

may_pull=yes
case ${1:-} in
  '') ;;
  --stand-ins) may_pull=no ;;
  -h | --help)
    printf '%s\n' "$usage" >&2
    exit 0
    ;;
  *) fail "unknown argument $1
$usage" ;;
esac

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

pull() {
  [ "$may_pull" = yes ] || return 1
  say "Pulling $1."
  timeout 20 docker pull --quiet "$1" >/dev/null 2>&1
}

# ---- What a stand-in is made of ----

# need <program> <package>
need() {
  command -v "$1" >/dev/null 2>&1 && return 0
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || fail "$1 is not here. Install the package $2."
  say "Installing $2: apt-get install $2."
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >&2
}

own_mirror() {
  # shellcheck disable=SC2016 # apt expands these.
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "main" && $1 !~ /security/ { print $1; exit }'
}

# The keyring of a machine that was not updated for a while lacks trixie's keys; its release's current package has them.
trixie_keyring() {
  mkdir -p "$part/keyring"
  # apt lets a user of its own download.
  chmod 777 "$part/keyring"
  (cd "$part/keyring" && apt-get download -qq debian-archive-keyring >&2 && dpkg-deb -x ./*.deb .) || return 1
  printf '%s\n' "$part/keyring/usr/share/keyrings/debian-archive-keyring.gpg"
}

# As small as the official slim images: without what those leave out.
make_debian() {
  [ -d "$part/debian" ] && return 0
  mirror=$(own_mirror)
  [ -n "$mirror" ] || fail "This machine's apt sources name no Debian mirror."
  say "Unpacking Debian trixie from $mirror with debootstrap; half a minute."
  keyring=$(trixie_keyring) || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  # What debootstrap mounts there must not outlive it: the folder is removed if it fails.
  unshare --mount debootstrap --variant=minbase --keyring="$keyring" trixie "$part/debian.part" "$mirror" \
    >"$part/debootstrap.log" 2>&1 || fail "debootstrap failed: $(tail -n 3 "$part/debootstrap.log")"
  (
    cd "$part/debian.part"
    rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/* usr/share/man/* usr/share/locale/* usr/share/info/*
    find usr/share/doc -type f ! -name copyright -delete
  )
  mv "$part/debian.part" "$part/debian"
}

# Where a library's place is written into the program, it must be that of the image.
add_haproxy() {
  unpacked=$(sh "$here/setup.sh" --branch 3.4)
  mkdir -p "$1/usr/local/sbin" "$1/usr/local/lib/haproxy" "$1/usr/local/etc/haproxy" "$1/var/lib/haproxy"
  cp "${unpacked%/*}"/lib/* "$1/usr/local/lib/haproxy/"
  loader=$(basename "$1"/usr/local/lib/haproxy/ld-linux*)
  patchelf --output "$1/usr/local/sbin/haproxy" --set-interpreter "/usr/local/lib/haproxy/$loader" \
    --force-rpath --set-rpath /usr/local/lib/haproxy "$unpacked"
  chmod 755 "$1/usr/local/sbin/haproxy"
  chroot "$1" groupadd --gid 99 --system haproxy
  chroot "$1" useradd --gid haproxy --home-dir /var/lib/haproxy --no-create-home --system --uid 99 haproxy
  chown 99:99 "$1/var/lib/haproxy"
  chroot "$1" haproxy -v >/dev/null || fail 'HAProxy does not run in its stand-in.'
}

add_node() {
  case $(dpkg --print-architecture) in
    amd64) platform=linux-x64 ;;
    arm64) platform=linux-arm64 ;;
    *) fail "npm has no Node for $(dpkg --print-architecture)." ;;
  esac
  mkdir -p "$part/npm" "$1/usr/local/lib/node_modules/npm" "$1/usr/local/etc"
  say "Getting Node $node_version and npm $npm_version from the npm registry."
  (cd "$part/npm" && npm pack --silent "node-$platform@$node_version" "npm@$npm_version" >/dev/null)
  tar -xzf "$part/npm/node-$platform-$node_version.tgz" -C "$part/npm" package/bin/node
  mv "$part/npm/package/bin/node" "$1/usr/local/bin/node"
  tar -xzf "$part/npm/npm-$npm_version.tgz" -C "$1/usr/local/lib/node_modules/npm" --strip-components=1
  chown -R 0:0 "$1/usr/local"
  chmod 755 "$1/usr/local/bin/node"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/usr/local/bin/npx"
  npm_settings >"$1/usr/local/etc/npmrc"
  authorities=$(authorities_file)
  [ -z "$authorities" ] || install -m 644 "$authorities" "$1/usr/local/etc/authorities.pem"
  chroot "$1" npm --version >/dev/null || fail 'npm does not run in its stand-in.'
}

# This machine's ways to the npm registry; its tokens are left where they are.
npm_settings() {
  for key in registry proxy https-proxy noproxy strict-ssl; do
    setting=$(npm config get "$key")
    case $setting in '' | null | undefined) ;; *) printf '%s=%s\n' "$key" "$setting" ;; esac
  done
  [ -z "$(authorities_file)" ] || echo 'cafile=/usr/local/etc/authorities.pem'
}

authorities_file() {
  file=$(npm config get cafile)
  case $file in '' | null | undefined) file=${NODE_EXTRA_CA_CERTS:-} ;; esac
  if [ -n "$file" ] && [ -r "$file" ]; then printf '%s\n' "$file"; fi
}

# ---- Keeping them ----

# The name of a stand-in's file says what went into it, so that another version, or another registry, makes another.
file_of() {
  inputs=$(
    cat "$0" "$here/setup.sh"
    if [ "$1" = node ]; then
      npm_settings
      authorities=$(authorities_file)
      [ -z "$authorities" ] || cat "$authorities"
    fi
  )
  printf '%s/%s-%s.tar\n' "$cache" "$1" "$(printf '%s' "$inputs" | sha256sum | cut -c 1-12)"
}

# make <haproxy|node> <file>
make() {
  [ "$(id -u)" -eq 0 ] || fail 'A stand-in takes root to make: its files belong to root.'
  need debootstrap debootstrap
  need patchelf patchelf
  make_debian
  cp -a "$part/debian" "$part/$1"
  "add_$1" "$part/$1"
  tar -C "$part/$1" --sort=name --mtime=@0 --numeric-owner --one-file-system -cf "$2.part" .
  rm -rf "$part/$1"
  find "$cache" -name "$1-*.tar" -delete
  mv "$2.part" "$2"
}

# import <haproxy|node> <image> <file>
import() {
  say "$2: a stand-in, from ${3#"${here%/*}/"}."
  case $1 in
    haproxy) set -- "$@" 'USER haproxy' 'WORKDIR /var/lib/haproxy' ;;
    node) set -- "$@" 'CMD ["node"]' 'WORKDIR /' ;;
  esac
  docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change "$4" --change "$5" --change 'LABEL tidegate.stand-in=true' "$3" "$2" >/dev/null
}

provide() {
  if has_image "$2"; then
    say "$2 is there."
    return 0
  fi
  file=$(file_of "$1")
  if [ ! -f "$file" ]; then
    if pull "$2"; then return 0; fi
    # Nor could the other one.
    may_pull=no
    say "$2 is not to be had; making a stand-in."
    make "$1" "$file"
  fi
  import "$1" "$2" "$file"
}

docker version --format '{{.Server.Version}}' >/dev/null || fail 'No engine answers: start one, or set DOCKER_HOST.'
mkdir -p "$cache"
printf '*\n' >"${cache%/*}/.gitignore"
exec 9>"$cache/.lock"
flock -w 600 9 || fail "Another base-images.sh has held $cache/.lock for 10 minutes."
part=$(mktemp -d)
chmod 755 "$part"
trap 'rm -rf --one-file-system "$part"' EXIT
trap 'exit 130' HUP INT TERM
provide haproxy "$haproxy_image"
provide node "$node_image"
