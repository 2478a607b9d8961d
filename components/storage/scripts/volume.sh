#!/usr/bin/env bash
# With the functions of mounts.sh.
#   mount      makes FOLDER and gives it to OWNER ("<uid>:<gid>"), with what is in it and was the user's FORMER ("<uid>"), if
#              any, as whom an earlier version wrote there; mounts DEVICE there, if one is given, now and at every
#              start: one of SIZE_GIB at least, on which the file system grows as far as it can
#   release    the machine is about to be destroyed: ends whoever uses the DEVICE, the engine too, and unmounts it
set -euo pipefail
: "${FOLDER:?}" "${DEVICE?}" "${SIZE_GIB?}" "${OWNER:?}" "${FORMER?}"

patience_s=120

await_device() {
  local deadline=$((SECONDS + patience_s))
  until [ -b "$DEVICE" ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "has no device $DEVICE after $patience_s s: is the volume attached to it?"
    sleep 0.5
  done
}

# Exoscale lets no volume of a running machine grow, so people do that, and the program says when.
check_size() {
  local size_gib
  size_gib=$(($(blockdev --getsize64 "$DEVICE") >> 30))
  [ "$size_gib" -ge "$SIZE_GIB" ] ||
    fail "the volume of $FOLDER has $size_gib GiB, and size_gib says $SIZE_GIB: stop this machine in the portal, resize the volume there, start the machine, and run this again; or give size_gib its former value"
}

# A volume that was used before keeps its file system, and grows with its device.
format() {
  local found
  if [ "$(blkid --probe --output value --match-tag TYPE "$DEVICE" 2>/dev/null)" = ext4 ]; then return 0; fi
  found=$(wipefs --no-act --noheadings --output TYPE "$DEVICE") || fail "the device $DEVICE of $FOLDER cannot be read"
  [ -z "$found" ] || fail "the device $DEVICE of $FOLDER holds ${found//$'\n'/, }; allowed: ext4, or a device that is empty" \
    "(\`wipefs $DEVICE\` lists what is on it)"
  mkfs.ext4 -q -m 0 "$DEVICE"
}

# Docker must not start without it, or services would write to the machine's disk instead.
mount_device() {
  local id unit
  unit=$(unit_of "$FOLDER")
  id=$(blkid --probe --output value --match-tag UUID "$DEVICE")
  if ! mountpoint --quiet "$FOLDER" && [ -n "$(ls -A "$FOLDER")" ]; then
    fail "has files in $FOLDER on its own disk, which the volume would hide: move them away and run this again"
  fi
  cat >"/etc/systemd/system/$unit.new" <<EOT
[Unit]
Description=Data volume of nuvla-swarm
Before=docker.service

[Mount]
What=UUID=$id
Where=$FOLDER
Type=ext4

[Install]
RequiredBy=docker.service
EOT
  mv -f "/etc/systemd/system/$unit.new" "/etc/systemd/system/$unit"
  systemctl daemon-reload
  systemctl enable --quiet "$unit"
  mountpoint --quiet "$FOLDER" || mount --uuid "$id" "$FOLDER"
  resize2fs "$DEVICE" >/dev/null 2>&1 || fail "the file system on $DEVICE cannot grow to the size of its device"
}

# The folder itself is the last: while it is the former user's, some of what is in it may be too.
give_to_owner() {
  if [ -n "$FORMER" ] && [ "$(stat --format %u "$FOLDER")" = "$FORMER" ]; then
    find "$FOLDER" -mindepth 1 -xdev -user "$FORMER" -exec chown --no-dereference "$OWNER" {} +
  fi
  chown "$OWNER" "$FOLDER"
}

case "$1" in
  mount)
    install -d -m 0755 "$FOLDER"
    if [ -n "$DEVICE" ]; then
      await_device
      check_size
      format
      mount_device
    fi
    give_to_owner
    ;;
  release)
    [ -n "$DEVICE" ] || exit 0
    if mountpoint --quiet "$FOLDER"; then
      systemctl stop docker.socket docker.service nfs-server.service nfs-ganesha.service 2>/dev/null || true
      findmnt --noheadings --output TARGET --source "$(findmnt --noheadings --output SOURCE --mountpoint "$FOLDER")" |
        { grep -vxF "$FOLDER" || true; } | xargs --no-run-if-empty umount
    fi
    unmount "$FOLDER"
    ;;
esac
