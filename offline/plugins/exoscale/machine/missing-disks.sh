#!/usr/bin/env bash
# A generator of systemd: whom fstab gives a disk that is not there does not start (systemd.mount(5),
# x-systemd.required-by), as systemd leaves the devices of fstab out in containers. Without the 90 s that it would wait.
set -euo pipefail
folder=$1
/opt/exoscale-standin/boot.sh disks >/dev/null 2>&1 || true

while read -r source _ _ options _; do
  [[ $source == UUID=* && ! -e /dev/disk/by-uuid/${source#UUID=} && $options =~ x-systemd\.required-by=([^,]+) ]] || continue
  unit=${BASH_REMATCH[1]}
  printf '[Unit]\nDefaultDependencies=no\nBefore=%s\n[Service]\nType=oneshot\nExecStart=/bin/false\n' "$unit" >"$folder/disk-is-missing.service"
  mkdir -p "$folder/$unit.requires"
  ln -sfn ../disk-is-missing.service "$folder/$unit.requires/disk-is-missing.service"
done </etc/fstab
