#!/usr/bin/env bash
# Installs Docker Engine of exactly VERSION from SOURCE's packages, of docker.com with its client of the same version and
# containerd of CONTAINERD_VERSION, unless the machine has that engine, and holds all of them where they are. With the
# functions of machines/scripts/apt.sh.
# Packages of docker.com are those of the REPOSITORY, docker.com's own or a mirror, and KEY_FINGERPRINT is that of the one key
# that they are accepted by. Packages come through PROXY_HTTP and PROXY_HTTPS, if there are any, but for hosts in PROXY_EXCLUDED.
set -euo pipefail
: "${SOURCE:?}" "${VERSION:?}" "${CONTAINERD_VERSION?}" "${REPOSITORY:?}" "${KEY_FINGERPRINT:?}" "${PROXY_HTTP?}"
: "${PROXY_HTTPS?}" "${PROXY_EXCLUDED?}"

apt_proxy=/etc/apt/apt.conf.d/95-nuvla-swarm-proxy
own=/etc/nuvla-swarm/engine # the packages that this script has changed, if it has; of earlier versions the first one alone

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

# fingerprints FILE: of the keys in it, a line each; what a key signs with may be another one, below it.
fingerprints() {
  local home=/run/nuvla-swarm-gpg
  install -d -m 0700 $home
  gpg --homedir $home --no-options --no-default-keyring --trust-model always --batch --quiet \
    --show-keys --with-colons "$1" 2>/dev/null |
    awk -F : '$1 == "pub" {new = 1} $1 == "fpr" && new {print $10; new = 0}' || true # what is no key has none
  rm -rf $home
}

# apt would accept packages by any key that is in the file.
check_key() {
  local found
  found=$(fingerprints "$1" | paste -sd ' ')
  [ "$found" = "$KEY_FINGERPRINT" ] || fail "$REPOSITORY has the key ${found:-of nobody} and not" \
    "$KEY_FINGERPRINT: nothing of it is installed; see what is between this machine and it (a proxy, a wrong name server)"
}

add_docker_repository() {
  local id codename key=/etc/apt/keyrings/docker.asc list=/etc/apt/sources.list.d/docker.list
  # It has a VERSION of its own.
  # shellcheck source=/dev/null
  read -r id codename < <(. /etc/os-release && echo "$ID $VERSION_CODENAME")
  install -m 0755 -d /etc/apt/keyrings
  # apt uses neither a list without its key nor half of one.
  curl -fsSL "$REPOSITORY/linux/$id/gpg" -o $key.new
  check_key $key.new
  mv -f $key.new $key
  echo "deb [arch=$(dpkg --print-architecture) signed-by=$key]" \
    "$REPOSITORY/linux/$id $codename stable" >$list.new
  mv -f $list.new $list
  patiently apt-get update -qq
}

# package_version PACKAGE VERSION: its newest revision of that version, e.g. "5:28.5.1-1~debian.12~bookworm" of 28.5.1.
package_version() {
  apt-cache madison "$1" | awk -v wanted="$2" '{
    upstream = $3; sub(/^[0-9]+:/, "", upstream)
    fits = upstream == wanted || index(upstream, wanted "+") == 1 || index(upstream, wanted "-") == 1
    if (fits && !found++) print $3
  }'
}

# upstream_versions PACKAGE: those that the settings take, without epoch and revision, in one line
upstream_versions() {
  apt-cache madison "$1" | awk '{
    upstream = $3; sub(/^[0-9]+:/, "", upstream); sub(/[-+~].*/, "", upstream)
    if (!seen[upstream]++) found = found (found == "" ? "" : ", ") upstream
  } END { print found }'
}

require_supported_system() {
  [ -d /run/systemd/system ] || fail "is not run by systemd; allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
  command -v apt-get >/dev/null || fail "has no apt; allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
}

# exactly PACKAGE VERSION: as apt wants it
exactly() {
  local found setting versions
  found=$(package_version "$1" "$2")
  if [ -z "$found" ]; then
    setting=engine.version
    [ "$1" != containerd.io ] || setting=engine.containerd_version
    versions=$(upstream_versions "$1")
    [ -n "$versions" ] || fail "has no package $1 in its package sources; allowed: another engine.source"
    fail "has no package $1 of version $2; set $setting to one of $versions"
  fi
  echo "$1=$found"
}

# add_client: from Debian 13 on, the distribution has the client in a package of its own, which the engine only recommends.
add_client() {
  local status
  [ "$SOURCE" = distribution ] || return 0
  status=$(dpkg-query --show --showformat '${db:Status-Status}' docker-cli 2>/dev/null || true)
  if [ "$status" = installed ] || [ -n "$(package_version docker-cli "$VERSION")" ]; then
    wanted[docker-cli]=$VERSION
  fi
}

note_own() {
  install -d -m 0755 "${own%/*}"
  printf '%s\n' "${!wanted[@]}" | sort >"$own.new"
  mv -f "$own.new" "$own"
}

# release_others: lets apt remove the packages of the other source, which it would keep otherwise, as they are held.
release_others() {
  local name held=()
  while read -r name; do
    if [ -z "${wanted[$name]+x}" ] && apt-mark showhold | grep -qxF "$name"; then held+=("$name"); fi
  done < <(cat "$own" 2>/dev/null)
  [ "${#held[@]}" = 0 ] || apt-mark unhold "${held[@]}" >&2
}

# What they are is a matter of when the machine was made, for one that was made by an earlier version: another containerd
# would be that of all containers, and is no matter of an update.
hold_own() {
  local name free=()
  grep -qxF "$package" "$own" 2>/dev/null || return 0
  for name in "${!wanted[@]}"; do
    apt-mark showhold | grep -qxF "$name" || free+=("$name")
    if [[ $(dpkg-query --show --showformat '${Version}' "$name") != *"${wanted[$name]}"* ]]; then
      say "has $name $(dpkg-query --show --showformat '${Version}' "$name") and not ${wanted[$name]}; it stays until the engine's version changes"
    fi
  done
  [ "${#free[@]}" = 0 ] || apt-mark hold "${free[@]}" >&2
  [ "$(sort "$own")" = "$(printf '%s\n' "${!wanted[@]}" | sort)" ] || note_own
}

# apt_proxy_options: of apt, which knows hosts and no networks
apt_proxy_options() {
  local host hosts
  IFS=, read -r -a hosts <<<"$PROXY_EXCLUDED"
  [ -z "$PROXY_HTTP" ] || echo "Acquire::http::Proxy \"$PROXY_HTTP\";"
  [ -z "$PROXY_HTTPS" ] || echo "Acquire::https::Proxy \"$PROXY_HTTPS\";"
  for host in "${hosts[@]}"; do
    case "$host" in .* | */*) continue ;; esac
    printf 'Acquire::%s::Proxy::%s "DIRECT";\n' http "$host" https "$host"
  done
}

# use_proxy: apt and what else this script asks
use_proxy() {
  if [ -z "$PROXY_HTTP$PROXY_HTTPS" ]; then
    rm -f "$apt_proxy" "$apt_proxy.new"
    return
  fi
  export http_proxy=$PROXY_HTTP https_proxy=$PROXY_HTTPS no_proxy=$PROXY_EXCLUDED
  apt_proxy_options >"$apt_proxy.new" # apt reads no file of such a name
  mv -f "$apt_proxy.new" "$apt_proxy"
}

require_supported_system
use_proxy
declare -A wanted # versions by packages
case "$SOURCE" in
  distribution) package=docker.io && wanted=([docker.io]=$VERSION) ;;
  docker.com)
    package=docker-ce
    wanted=([docker-ce]=$VERSION [docker-ce-cli]=$VERSION [containerd.io]=$CONTAINERD_VERSION)
    ;;
  *) fail "SOURCE is $SOURCE; allowed: distribution, docker.com" ;;
esac
add_client
if ! has_version || ! command -v curl >/dev/null || ! command -v nft >/dev/null; then
  # A start with the settings of the package would only be undone by configure.sh.
  begin_installation
  install_packages ca-certificates curl nftables
fi
if ! has_version; then
  say "installs Docker Engine $VERSION"
  if [ "$SOURCE" != distribution ]; then
    install_packages gpg
    add_docker_repository
  fi
  add_client # by the lists that are there now
  exact=()
  for name in "${!wanted[@]}"; do
    one=$(exactly "$name" "${wanted[$name]}")
    exact+=("$one")
  done
  release_others
  note_own
  # What is held, of another version, is what this script held.
  install_packages --allow-downgrades --allow-change-held-packages "${exact[@]}" iptables
fi
hold_own
has_version || fail "has Docker Engine $(installed_version) after the installation of $VERSION"
