#!/usr/bin/env bash
# Functions of scripts that mount data volumes.
set -euo pipefail

fail() { echo "$(hostname): $*" >&2; exit 1; }

unit_of() { systemd-escape --path --suffix=mount "$1"; }

# users FOLDER: containers of this machine that have it or what is below it
users() {
  local ids
  ids=$(docker ps --quiet 2>/dev/null) || return 0
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # ids have no spaces; a container may be gone by now
  { docker inspect $ids --format '{{.Name}}{{range .Mounts}} {{.Source}}{{end}}' 2>/dev/null || true; } |
    awk -v folder="$1" '{ for (i = 2; i <= NF; i++) if (index($i "/", folder "/") == 1) { print substr($1, 2); next } }'
}

# unmount FOLDER: what was written is on its device, and nothing of the mount is left on this machine.
unmount() {
  local unit
  unit=$(unit_of "$1")
  if mountpoint --quiet "$1"; then
    sync --file-system "$1"
    umount "$1" || fail "the volume at $1 is in use and cannot be unmounted: end what uses it (fuser --mount $1) there"
  fi
  if [ -e "/etc/systemd/system/$unit" ]; then
    systemctl disable --quiet "$unit"
    rm -f "/etc/systemd/system/$unit"
    systemctl daemon-reload
  fi
}
