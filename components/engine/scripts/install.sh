#!/usr/bin/env bash
# Installs Docker Engine of exactly VERSION from SOURCE's packages and holds it there, unless the machine has that version,
# with the functions of machines/scripts/apt.sh.
set -euo pipefail
: "${SOURCE:?}" "${VERSION:?}"

own=/etc/nuvla-swarm/engine # the package that this script has changed, if it has

say() { echo "$(hostname): $*" >&2; }
fail() { say "$*"; exit 1; }

installed_version() { dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9.]*\).*/\1/p'; }

# An engine of the host's own may come from no package at all; one that is there in part is to be completed.
has_version() {
  local status
  [ "$(installed_version)" = "$VERSION" ] || return 1
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status =~ ^(|not-installed|config-files|installed)$ ]]
}

add_docker_repository() {
  local id codename key=/etc/apt/keyrings/docker.asc list=/etc/apt/sources.list.d/docker.list
  # It has a VERSION of its own.
  # shellcheck source=/dev/null
  read -r id codename < <(. /etc/os-release && echo "$ID $VERSION_CODENAME")
  install -m 0755 -d /etc/apt/keyrings
  # apt uses neither a list without its key nor half of one.
  curl -fsSL "https://download.docker.com/linux/$id/gpg" -o $key.new
  mv -f $key.new $key
  echo "deb [arch=$(dpkg --print-architecture) signed-by=$key]" \
    "https://download.docker.com/linux/$id $codename stable" >$list.new
  mv -f $list.new $list
  patiently apt-get update -qq
}

# Newest revision of a package whose upstream version is VERSION, e.g. "5:28.5.1-1~debian.12~bookworm" for 28.5.1.
package_version() {
  apt-cache madison "$1" | awk -v wanted="$VERSION" '{
    upstream = $3; sub(/^[0-9]+:/, "", upstream)
    fits = upstream == wanted || index(upstream, wanted "+") == 1 || index(upstream, wanted "-") == 1
    if (fits && !found++) print $3
  }'
}

require_supported_system() {
  [ -d /run/systemd/system ] || fail "is not run by systemd; allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
  command -v apt-get >/dev/null || fail "has no apt; allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
}

note_own() {
  install -d -m 0755 "${own%/*}"
  echo "$package" >"$own.new"
  mv -f "$own.new" "$own"
}

hold_own() {
  if grep -qxF "$package" "$own" 2>/dev/null && ! apt-mark showhold | grep -qxF "$package"; then
    apt-mark hold "$package" >&2
  fi
}

require_supported_system
case "$SOURCE" in
  distribution) package=docker.io related=() ;;
  docker.com) package=docker-ce related=(docker-ce-cli containerd.io) ;;
  *) fail "SOURCE is $SOURCE; allowed: distribution, docker.com" ;;
esac
if ! has_version || ! command -v curl >/dev/null || ! command -v nft >/dev/null; then
  # A start with the settings of the package would only be undone by configure.sh.
  begin_installation
  install_packages ca-certificates curl nftables
fi
if ! has_version; then
  say "installs Docker Engine $VERSION"
  [ "$SOURCE" = distribution ] || add_docker_repository
  wanted=$(package_version "$package")
  if [ -z "$wanted" ]; then
    fail "has no package $package of version $VERSION; allowed: $(apt-cache madison "$package" | awk '{printf "%s ", $3}')"
  fi
  note_own
  # What is held, of another version or from the other source, is what this script held.
  install_packages --allow-downgrades --allow-change-held-packages "$package=$wanted" "${related[@]}" iptables
fi
hold_own
has_version || fail "has Docker Engine $(installed_version) after the installation of $VERSION"
