#!/usr/bin/env bash
# Installs Docker Engine of exactly VERSION from SOURCE's packages and holds it there, unless the machine has that version,
# with the functions of machines/scripts/apt.sh.
set -euo pipefail
: "${SOURCE:?}" "${VERSION:?}"

say() { echo "$(hostname): $*" >&2; }
fail() { say "$*"; exit 1; }

installed_version() { dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9.]*\).*/\1/p'; }

add_docker_repository() {
  local id codename
  # shellcheck source=/dev/null
  . /etc/os-release
  id=$ID codename=$VERSION_CODENAME
  install -m 0755 -d /etc/apt/keyrings
  curl -fsSL "https://download.docker.com/linux/$id/gpg" -o /etc/apt/keyrings/docker.asc
  echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc]" \
    "https://download.docker.com/linux/$id $codename stable" >/etc/apt/sources.list.d/docker.list
  apt-get update -qq >&2
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

require_supported_system
if [ "$(installed_version)" = "$VERSION" ] && command -v curl >/dev/null && command -v nft >/dev/null; then
  exit 0
fi

case "$SOURCE" in
  distribution) package=docker.io related=() ;;
  docker.com) package=docker-ce related=(docker-ce-cli containerd.io) ;;
  *) fail "SOURCE is $SOURCE; allowed: distribution, docker.com" ;;
esac
# A start with the settings of the package would only be undone by configure.sh.
begin_installation
install_packages ca-certificates curl nftables
if [ "$(installed_version)" = "$VERSION" ]; then exit 0; fi
say "installs Docker Engine $VERSION"
[ "$SOURCE" = distribution ] || add_docker_repository
wanted=$(package_version "$package")
if [ -z "$wanted" ]; then
  fail "has no package $package of version $VERSION; allowed: $(apt-cache madison "$package" | awk '{printf "%s ", $3}')"
fi
[ "${#related[@]}" -eq 0 ] || install_packages "${related[@]}"
install_packages --allow-downgrades --allow-change-held-packages "$package=$wanted" iptables
apt-mark hold "$package" >&2
[ "$(installed_version)" = "$VERSION" ] || fail "has Docker Engine $(installed_version) after the installation of $wanted"
