#!/usr/bin/env bash
# Refuses a host that cannot be MACHINE of the infrastructure OWNER, with an engine of VERSION; changes nothing there.
# Prints its hostname.
set -euo pipefail
: "${MACHINE:?}" "${OWNER:?}" "${VERSION:?}"
export PATH=$PATH:/usr/sbin:/sbin

folder=/etc/nuvla-swarm
systems="allowed: Debian 12 or newer, Ubuntu 22.04 or newer"

fail() { echo "$MACHINE: $*" >&2; exit 1; }

has() { command -v "$1" >/dev/null; }
engine_version() { dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9.]*\).*/\1/p' || true; }

check_system() {
  local name version least
  [ -d /run/systemd/system ] || fail "is not run by systemd; $systems"
  has apt-get || fail "has no apt; $systems"
  # shellcheck source=/dev/null
  read -r name version < <(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
  case "$name" in
    debian) least=12 ;;
    ubuntu) least=22.04 ;;
    *) fail "runs ${name:-an unknown system} $version; $systems" ;;
  esac
  if [ -z "$version" ] || ! sort --check=quiet --version-sort <<<"$least"$'\n'"$version"; then
    fail "runs $name ${version:-of no version}; $systems"
  fi
}

check_owner() {
  local owner machine
  owner=$(cat "$folder/owner" 2>/dev/null || true)
  [ -n "$owner" ] || return 0
  # The last word is an id; a former version of this program noted none.
  [ "$owner" = "$OWNER" ] || [ "$owner" = "${OWNER% *}" ] ||
    fail "is a machine of the infrastructure $owner; take it out there, or remove $folder from it if that one is gone"
  machine=$(cat "$folder/machine" 2>/dev/null || echo "$MACHINE") # an earlier version did not note it
  [ "$machine" = "$MACHINE" ] ||
    fail "is $machine of this infrastructure; allowed: $machine, or an \`up\` without it before, or to remove $folder from" \
      "the host if $machine was given up"
}

check_engine() {
  local found theirs
  found=$(engine_version)
  theirs=$(cat "$folder/before/engine" 2>/dev/null || echo "$found")
  if [ -n "$theirs" ] && [ "$found" != "$VERSION" ]; then
    fail "has Docker Engine $found of its own, and $VERSION is wanted; set engine.version to $found," \
      "or change the engine of this host to $VERSION yourself"
  fi
  if ! systemctl is-active --quiet docker.service; then return 0; fi
  if [ "$(docker info --format '{{.LiveRestoreEnabled}}')" = true ]; then
    fail "its engine has live-restore, which excludes a swarm; remove it from /etc/docker/daemon.json"
  fi
  if [ ! -s "$folder/owner" ] && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
    fail "is in another swarm; take it out there (docker swarm leave), or leave it out of machines.pools"
  fi
}

check_system
check_owner
check_engine
hostname
