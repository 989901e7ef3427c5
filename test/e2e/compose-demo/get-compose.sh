#!/bin/sh
# Unpacks Docker Compose v2 from Debian 13's package into a folder; nothing is installed. On Debian, as root.
# Usage: get-compose.sh FOLDER     leaves FOLDER/docker-compose, a plugin of the docker client
set -eu
export LC_ALL=C

target=$1
[ ! -x "$target/docker-compose" ] || exit 0
mkdir -p "$target"
exec 9>"$target/.lock"
flock -w 300 9
[ ! -x "$target/docker-compose" ] || exit 0

part=$target/part
rm -rf "$part"
trap 'rm -rf "$part"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$part/lists/partial" "$part/cache/archives/partial" "$part/keyring"
# apt lets a user of its own download.
chmod 777 "$part/keyring"

# shellcheck disable=SC2016 # apt expands these.
mirror=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
  awk '$2 == "main" && $1 !~ /security/ { print $1; exit }')
# The keyring of a machine that was not updated for a while lacks trixie's keys; its release's current package has them.
(cd "$part/keyring" && apt-get download -qq debian-archive-keyring && dpkg-deb -x ./*.deb .) >&2
keyring=$part/keyring/usr/share/keyrings/debian-archive-keyring.gpg
printf 'deb [arch=%s signed-by=%s target=Packages] %s trixie main\n' \
  "$(dpkg --print-architecture)" "$keyring" "$mirror" >"$part/sources.list"
cat >"$part/apt.conf" <<CONF
Dir::Etc::SourceList "$part/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "$part/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$part/cache";
APT::Default-Release "";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
Acquire::Retries "2";
Debug::NoLocking "true";
CONF
apt-get -c "$part/apt.conf" -qq update -o APT::Update::Error-Mode=any >&2
(cd "$part" && apt-get -c apt.conf -qq download docker-compose && dpkg-deb -x ./docker-compose_*.deb root) >&2
plugin=$part/root/usr/libexec/docker/cli-plugins/docker-compose
# Debian 12's package of that name is the old one, in Python.
[ -f "$plugin" ] || {
  echo 'the package docker-compose holds no plugin of the docker client' >&2
  exit 1
}
mv "$plugin" "$target/docker-compose"
chmod 755 "$target/docker-compose"
