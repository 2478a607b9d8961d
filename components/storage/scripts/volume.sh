#!/usr/bin/env bash
# Makes FOLDER and gives it to OWNER ("<uid>:<gid>"); mounts DEVICE there, if one is given, now and at every start: one of
# SIZE_GIB at least, on which the file system grows as far as it can.
set -euo pipefail
: "${FOLDER:?}" "${DEVICE?}" "${SIZE_GIB?}" "${OWNER:?}"

patience_s=120

fail() { echo "$(hostname): $*" >&2; exit 1; }

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
  local type
  type=$(blkid --output value --match-tag TYPE "$DEVICE" || true)
  case "$type" in
    '') mkfs.ext4 -q -m 0 "$DEVICE" ;;
    ext4) ;;
    *) fail "the device $DEVICE of $FOLDER holds a file system of type $type; allowed: ext4, or an empty device" ;;
  esac
}

# Docker must not start without it, or services would write to the machine's disk instead.
mount_device() {
  local id
  id=$(blkid --output value --match-tag UUID "$DEVICE")
  sed -i "\\# $FOLDER ext4 #d" /etc/fstab
  echo "UUID=$id $FOLDER ext4 nofail,x-systemd.required-by=docker.service,x-systemd.before=docker.service 0 2" >>/etc/fstab
  systemctl daemon-reload
  mountpoint --quiet "$FOLDER" || mount "$FOLDER"
  resize2fs "$DEVICE" >/dev/null 2>&1 || fail "the file system on $DEVICE cannot grow to the size of its device"
}

install -d -m 0755 "$FOLDER"
if [ -n "$DEVICE" ]; then
  await_device
  check_size
  format
  mount_device
fi
chown "$OWNER" "$FOLDER"
