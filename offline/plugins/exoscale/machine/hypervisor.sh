#!/usr/bin/env bash
# Runs beside the machines, with the engine's volume of one block storage volume at /volume:
# hypervisor.sh attach|resize|release ID GIBIBYTES
set -euo pipefail
what=$1 file=/volume/$2.img size=$3

# The loop device of the file, whatever path the kernel knows it by.
device() {
  local backing
  for backing in /sys/block/loop*/loop/backing_file; do
    if [[ -e $backing && $(<"$backing") == *"/${file##*/}" ]]; then
      backing=${backing#/sys/block/}
      printf '/dev/%s\n' "${backing%%/*}"
      return
    fi
  done
}

# The kernel's devices, of which containers have no nodes.
[[ -e /dev/loop-control ]] || mknod /dev/loop-control c 10 237
for number in {0..255}; do
  [[ -e /dev/loop$number ]] || mknod "/dev/loop$number" b 7 "$number"
done

case $what in
  attach)
    truncate --size=">${size}G" "$file"
    [[ -n $(device) ]] || losetup --find --show "$file"
    ;;
  resize)
    truncate --size=">${size}G" "$file"
    found=$(device)
    [[ -z $found ]] || losetup --set-capacity "$found"
    ;;
  release)
    found=$(device)
    [[ -n $found ]] || exit 0
    losetup --detach "$found" # one that is still mounted goes with its mount
    if [[ -n $(device) ]]; then
      # Nothing that its old machine still has reaches the disk any more: what was written so far is copied from under it.
      cp --sparse=always "$file" "$file.new"
      mv "$file.new" "$file"
    fi
    ;;
  *)
    echo "hypervisor.sh: $what is not known" >&2
    exit 1
    ;;
esac
