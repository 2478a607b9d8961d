#!/usr/bin/env bash
# Gives the engine a debian:12-slim made by debootstrap, when it has none and no image registry can be reached.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

BASE=debian:12-slim
ARCHIVE=$CACHE/base/debian-12-$(hash_of "$CHECKOUT/offline/base.sh").tar

# mirror: the one that this machine's own apt uses; nothing if it cannot tell, and debootstrap takes Debian's.
mirror() {
  # shellcheck disable=SC2016  # apt's own variable
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -E '/debian/?$' | sed -n 1p || true
}

bootstrap() {
  [[ ! -f $ARCHIVE ]] || return 0
  [[ $(id -u) == 0 ]] || fail "only root can make a Debian base image: run as root, or 'docker pull $BASE'"
  say "making a base image $BASE by debootstrap: about a minute"
  command -v debootstrap >/dev/null || debian_install debootstrap
  mkdir -p "${ARCHIVE%/*}"
  local work mirrors
  mapfile -t mirrors < <(mirror)
  work=$(mktemp -d "${ARCHIVE%/*}/.debian.XXXXXX")
  # shellcheck disable=SC2064  # this run's folder
  trap "rm -rf '$work'" EXIT
  debootstrap --variant=minbase bookworm "$work/root" "${mirrors[@]}" >"$work/log" 2>&1 ||
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
  [[ -f $ARCHIVE ]] || locked base bootstrap
  docker import --change 'CMD ["bash"]' "$ARCHIVE" "$BASE" >/dev/null
fi
