#!/usr/bin/env bash
# Runs on a machine whose data volume goes to another one: waits until no container uses FOLDER, ends the NFS server that
# shows it at SHARED, if one is given, and unmounts it. Where it cannot be unmounted, it is served as before. With the
# functions of nfs.sh and mounts.sh.
# shellcheck disable=SC2154 # $kernel and $ganesha are those of nfs.sh
set -euo pipefail
: "${FOLDER:?}" "${SHARED?}"

patience_s=60

used() {
  users "$FOLDER"
  [ -z "$SHARED" ] || users "$SHARED"
}

# pause_serving: nothing that a start of the machine, or resume_serving, does not bring back. A lazy unmount of SHARED
# would leave its users on a device that is about to be detached.
pause_serving() {
  systemctl stop "$kernel" "$ganesha" 2>/dev/null || true # one of them is not installed
  systemctl stop "$(unit_of "$SHARED")" 2>/dev/null || true
  if mountpoint --quiet "$SHARED"; then
    fail "the volume at $FOLDER is in use and cannot be unmounted: end what uses it (fuser --mount $SHARED) there"
  fi
}

# resume_serving: not from the folder without its volume
resume_serving() {
  local unit
  mountpoint --quiet "$FOLDER" || return 0
  for unit in "$(unit_of "$SHARED")" "$kernel" "$ganesha"; do
    systemctl is-enabled --quiet "$unit" 2>/dev/null || continue
    systemctl reset-failed "$unit" # else systemd refuses to start what is started often
    systemctl start "$unit"
  done
}

deadline=$((SECONDS + patience_s))
while [ -n "$(used)" ]; do
  [ "$SECONDS" -lt "$deadline" ] || fail "the volume at $FOLDER goes to another machine, but is used by" \
    "$(used | sort -u | paste -sd ' '): stop that and run this again"
  sleep 0.5
done
if [ -n "$SHARED" ] && serves; then
  trap resume_serving EXIT
  pause_serving
fi
unmount "$FOLDER"
trap - EXIT
if [ -n "$SHARED" ]; then
  # shellcheck disable=SC2034 # of the functions of nfs.sh
  FOLDER=$SHARED stop_serving
  # It is still enabled where it has folders of others.
  if systemctl is-enabled --quiet "$kernel" 2>/dev/null; then systemctl start "$kernel"; fi
fi
