#!/usr/bin/env bash
# Gives the engine the image of a system, such as debian:12-slim, made by debootstrap, when it has none and no image registry
# can be reached: base.sh [SYSTEM], by default debian-12.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/systems.sh"
source "$CHECKOUT/local/proxy.sh"

SYSTEM=${1:-debian-12}
SUITE=$(suite_of "$SYSTEM")
BASE=$(base_of "$SYSTEM")
ARCHIVE=$CACHE/base/$SYSTEM-$(hash_of "$CHECKOUT/offline/base.sh").tar

# mirror: the one that this machine's own apt uses; nothing if it cannot tell, and debootstrap takes Debian's.
mirror() {
  # shellcheck disable=SC2016  # apt's own variable
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | sed -n 1p || true
}

# ubuntu_keys FOLDER: writes the keys of Ubuntu's packages below the folder, and prints their file. Debian 13 has them in a
# package, for which Debian's keys vouch.
ubuntu_keys() {
  local file=usr/share/keyrings/ubuntu-archive-keyring.gpg fetch
  fetch='{ apt-get update && cd /tmp && apt-get download ubuntu-keyring; } >&2 && dpkg-deb --fsys-tarfile ubuntu-keyring_*.deb'
  "$CHECKOUT/offline/base.sh" debian-13
  docker run --rm "${PROXY[@]/#--build-arg/--env}" "$(base_of debian-13)" bash -c "$fetch" 2>"$1/log" | tar --extract --directory "$1" "./$file" ||
    { tail -20 "$1/log" >&2 && fail "the keys of Ubuntu's packages could not be fetched; the lines above say why"; }
  printf '%s\n' "$1/$file"
}

bootstrap() {
  [[ ! -f $ARCHIVE ]] || return 0
  [[ $(id -u) == 0 ]] || fail "only root can make a base image: run as root, or 'docker pull $BASE'"
  say "making a base image $BASE by debootstrap: about a minute"
  command -v debootstrap >/dev/null || locked debootstrap debian_install debootstrap
  mkdir -p "${ARCHIVE%/*}"
  local work keys options=(--variant=minbase) source=()
  work=$(mktemp -d "${ARCHIVE%/*}/.$SYSTEM.XXXXXX")
  # shellcheck disable=SC2064  # this run's folder
  trap "rm -rf '$work'" EXIT
  if [[ $SYSTEM == ubuntu-* ]]; then
    keys=$(ubuntu_keys "$work")
    options+=("--keyring=$keys" "--components=main,universe")
    source=('' gutsy) # its own mirror, and the recipe of all releases since that one: it may not know the newest by name
  else
    mapfile -t source < <(mirror)
  fi
  debootstrap "${options[@]}" "$SUITE" "$work/root" "${source[@]}" >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2 && fail "debootstrap failed; the lines above say why"; }
  # As in the official slim image: no documents, no package lists, and apt keeps nothing.
  find "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/locale" "$work/root/usr/share/info" -mindepth 1 -delete
  rm -rf "$work/root/var/cache/apt/archives"/*.deb "$work/root/var/lib/apt/lists"/*
  printf 'path-exclude %s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' '/usr/share/info/*' >"$work/root/etc/dpkg/dpkg.cfg.d/slim"
  printf '%s\n' 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' 'Acquire::Languages "none";' >"$work/root/etc/apt/apt.conf.d/slim"
  rm -f "$work/root/etc/resolv.conf" "$work/root/etc/hostname"
  tar --create --numeric-owner --directory "$work/root" --file "$work/archive" .
  mv "$work/archive" "$ARCHIVE"
}

use_engine
if ! docker image inspect "$BASE" >/dev/null 2>&1; then
  [[ -f $ARCHIVE ]] || locked "base-$SYSTEM" bootstrap
  docker import --change 'CMD ["bash"]' "$ARCHIVE" "$BASE" >/dev/null
fi
