#!/bin/sh
# Makes sure that HAProxy 3.0 or later can be run here, for the tests, the demo and the benches.
# The last line of stdout is the path of the binary, and the only one; all talk goes to stderr.
# It changes nothing outside haproxy/.unpacked, but for one `apt-get install haproxy` where it is root and that suffices.
set -eu
# apt and HAProxy are read below: their words must not be translated.
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
unpacked=$here/.unpacked
part=$unpacked/.part

# Newest first: the image ships 3.4, the floor is 3.0. Beside each branch, the Debian suites that carry it;
# experimental has no libraries of its own and takes sid's.
branches='3.4 3.2 3.0'
suites_of() {
  case $1 in
    3.4) echo 'experimental sid' ;;
    3.2) echo 'sid' ;;
    3.0) echo 'trixie' ;;
  esac
}

usage="usage: sh haproxy/setup.sh [--branch 3.4|3.2|3.0]

Finds HAProxy 3.0 or later, or gets it. The first that does is taken:
  1. \$TIDEGATE_HAPROXY_BIN
  2. haproxy/.unpacked/<branch>/haproxy, from an earlier run; the newest
  3. haproxy on the PATH or in the usual sbin folders
  4. as root, where apt offers it: apt-get install haproxy
  5. on Debian: the packages of a newer suite, unpacked with their libraries into haproxy/.unpacked/<branch>
With --branch, or \$TIDEGATE_HAPROXY_BRANCH, only 2 and 5 count, and only that branch."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}
found() {
  printf '%s\n' "$1"
  exit 0
}

# Prints the branch of a binary, for example 3.4; nothing if it does not run.
branch_of() {
  "$1" -v 2>/dev/null | sed -n '1s/^HA-\{0,1\}Proxy version \([0-9]*\.[0-9]*\).*/\1/p'
}

supported() {
  case $1 in [3-9].* | [1-9][0-9]*.*) ;; *) return 1 ;; esac
}

from_environment() {
  given_branch=$(branch_of "$TIDEGATE_HAPROXY_BIN")
  [ -n "$given_branch" ] || fail "TIDEGATE_HAPROXY_BIN is $TIDEGATE_HAPROXY_BIN, which does not run as HAProxy (tried with -v)."
  supported "$given_branch" ||
    fail "TIDEGATE_HAPROXY_BIN is $TIDEGATE_HAPROXY_BIN, HAProxy $given_branch; 3.0 or later is needed."
  found "$TIDEGATE_HAPROXY_BIN"
}

# A checkout that was moved leaves a binary whose interpreter is gone: it does not run, and is unpacked anew.
from_earlier_run() {
  for earlier in $1; do
    binary=$unpacked/$earlier/haproxy
    if [ -x "$binary" ] && [ "$(branch_of "$binary")" = "$earlier" ]; then found "$binary"; fi
  done
}

from_path() {
  for binary in "$(command -v haproxy || true)" /usr/local/sbin/haproxy /usr/sbin/haproxy; do
    [ -x "$binary" ] || continue
    path_branch=$(branch_of "$binary")
    if supported "$path_branch"; then found "$binary"; fi
    say "$binary is HAProxy ${path_branch:-of an unknown version}; 3.0 or later is needed, so it is left alone."
  done
}

from_package() {
  command -v apt-cache >/dev/null || return 0
  candidate=$(apt-cache policy haproxy 2>/dev/null | sed -n 's/^  Candidate: //p')
  supported "${candidate:-none}" || return 0
  if [ "$(id -u)" -ne 0 ]; then
    say "apt offers HAProxy $candidate, which takes root to install: \`apt-get install haproxy\`."
    return 0
  fi
  say "Installing HAProxy $candidate: apt-get install haproxy."
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy >&2 || return 0
  from_path
}

# Prints the address of the mirror that this machine's own apt sources name for its own release.
# apt is asked, not the files, so that one-line and deb822 sources read alike.
own_mirror() {
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
    awk -v own="$1" '$3 == "main" && ($2 == own || $2 ~ /^(old)*stable$|^testing$|^unstable$|^sid$/) { print $1; exit }'
}

# apt with lists and a cache of its own, and as if nothing were installed, so that every library is among the dependencies.
# Signatures are checked; only a list past its date is taken, since mirrors of the moving suites lag.
write_apt_conf() {
  mkdir -p "$part/lists/partial" "$part/cache/archives/partial"
  cat >"$part/apt.conf" <<CONF
Dir::Etc::SourceList "$part/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$part/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$part/cache";
Dir::Cache::pkgcache "pkgcache.bin";
APT::Default-Release "";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Debug::NoLocking "true";
CONF
}

own_apt() {
  own_tool=$1
  shift
  "$own_tool" -c "$part/apt.conf" -qq "$@" 2>>"$part/apt.log"
}

# update_lists <keyring> <suite>...
update_lists() {
  keyring=$1
  shift
  for suite in "$@"; do
    printf 'deb [arch=%s signed-by=%s target=Packages] %s %s main\n' "$architecture" "$keyring" "$mirror" "$suite"
  done >"$part/sources.list"
  own_apt apt-get update -o APT::Update::Error-Mode=any >&2
}

# download <folder> <package>...: what the packages depend on comes with them.
download() {
  folder=$1
  shift
  rm -rf "$part/cache/archives" "$folder"
  mkdir -p "$part/cache/archives/partial" "$folder"
  own_apt apt-get install --download-only -y --no-install-recommends "$@" >&2 || return 1
  for package in "$part"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$folder" || return 1
  done
}

# The keyring of a machine that was not updated for a while lacks the keys of newer suites.
# Its own release's current keyring package has them, and is signed with a key that the machine trusts.
update_lists_with_new_keys() {
  grep -Eq 'NO_PUBKEY|Missing key|not signed' "$part/apt.log" || return 1
  say "This machine's Debian keyring does not know the key of $*; getting the current keyring from $codename."
  update_lists "$machine_keyring" "$codename" || return 1
  download "$part/keyring" debian-archive-keyring || return 1
  update_lists "$part/keyring/usr/share/keyrings/debian-archive-keyring.gpg" "$@"
}

# collect <root of unpacked packages> <folder to fill> <folder it will stand in>
# Copies haproxy with the libraries that its own loader finds for it, and points it at them by absolute path of the
# loader; a wrapper would do without, but whoever starts HAProxy must own its process id.
collect() {
  libc=$(find "$1" -name libc.so.6) && libs=$(dirname -- "$libc")
  loader=$(find "$libs" -name 'ld-linux*.so.*')
  mkdir -p "$2/lib"
  "$loader" --inhibit-cache --library-path "$libs" --list "$1/usr/sbin/haproxy" >"$part/needed" || return 1
  # libgcc_s is opened at run time only, when a thread ends.
  for library in $(awk '$2 == "=>" { print $1 }' "$part/needed") libgcc_s.so.1; do
    case $library in */*) continue ;; esac
    cp -L "$libs/$library" "$2/lib/$library" || return 1
  done
  cp -L "$loader" "$2/lib/" || return 1
  # --force-rpath: DT_RPATH serves the libraries of libraries too, RUNPATH would not.
  "$loader" --inhibit-cache --library-path "$libs" "$1/usr/bin/patchelf" --output "$2/haproxy" \
    --set-interpreter "$3/lib/${loader##*/}" --force-rpath --set-rpath "$3/lib" "$1/usr/sbin/haproxy"
}

unpack() {
  target=$unpacked/$1
  # shellcheck disable=SC2046 # One word per suite is wanted.
  set -- "$1" $(suites_of "$1")
  wanted=$1
  shift
  rm -rf "$part"
  write_apt_conf
  say "Getting HAProxy $wanted from Debian $1 at $mirror, to be unpacked in $target; nothing is installed."
  update_lists "$machine_keyring" "$@" || update_lists_with_new_keys "$@" || return 1
  version=$(own_apt apt-cache madison haproxy | awk -v branch="$wanted." 'index($3, branch) == 1 { print $3; exit }')
  if [ -z "$version" ]; then
    say "Debian $1 carries no HAProxy $wanted."
    return 1
  fi
  download "$part/root" "haproxy=$version" patchelf || return 1
  collect "$part/root" "$part/tree" "$target" || return 1
  rm -rf "$target"
  mv "$part/tree" "$target"
  [ "$(branch_of "$target/haproxy")" = "$wanted" ]
}

# Prints nothing where this is not Debian.
debian_codename() {
  [ -r /etc/os-release ] || return 0
  # shellcheck disable=SC1091
  (. /etc/os-release && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-sid}") || return 0
}

from_newer_suite() {
  codename=$(debian_codename)
  if [ -z "$codename" ]; then
    say 'Packages can be unpacked on Debian only, and this is not Debian.'
    return 0
  fi
  mirror=$(own_mirror "$codename")
  if [ -z "$mirror" ]; then
    say "This machine's apt sources name no mirror for Debian $codename main."
    return 0
  fi
  architecture=$(dpkg --print-architecture)
  machine_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$unpacked"
  exec 9>"$unpacked/.lock"
  flock -w 600 9 || fail "Another setup.sh has held $unpacked/.lock for 10 minutes."
  # Another run may have got it while this one waited.
  from_earlier_run "$1"
  trap 'rm -rf "$part"' EXIT
  trap 'exit 130' HUP INT TERM
  for branch in $1; do
    if unpack "$branch"; then
      say "HAProxy $version stands in $target."
      found "$target/haproxy"
    fi
    say "HAProxy $branch could not be had."
    grep -E '^[EW]:' "$part/apt.log" | sort -u | head -n 5 | sed 's/^/setup:   /' >&2 || true
  done
}

wanted_branches=$branches
named=${TIDEGATE_HAPROXY_BRANCH:-}
case ${1:-} in
  '') ;;
  --branch) named=${2:-} && [ -n "$named" ] || fail '--branch needs a branch: 3.4, 3.2 or 3.0.' ;;
  -h | --help)
    printf '%s\n' "$usage" >&2
    exit 0
    ;;
  *) fail "unknown argument $1
$usage" ;;
esac

if [ -n "$named" ]; then
  [ -n "$(suites_of "$named")" ] || fail "HAProxy branch $named is not known here; one of: $branches."
  wanted_branches=$named
else
  if [ -n "${TIDEGATE_HAPROXY_BIN:-}" ]; then from_environment; fi
fi
from_earlier_run "$wanted_branches"
if [ -z "$named" ]; then
  from_path
  from_package
fi
from_newer_suite "$wanted_branches"
if [ -n "$named" ]; then
  fail "HAProxy $named is not here, and could not be got. Without a named branch, any HAProxy from 3.0 on will do."
fi
say 'HAProxy 3.0 or later is not here, and could not be got.'
fail 'Install it (package haproxy, from the distribution, its backports or a newer suite), or set TIDEGATE_HAPROXY_BIN to its path.'
