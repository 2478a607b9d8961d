#!/usr/bin/env bash
# Runs a guest until it powers off: guest.sh FOLDER KERNEL ARGUMENT... A guest that reboots is started anew: a kernel that
# starts itself again still holds its network device, and does not get it a second time.
set -euo pipefail
[[ $# -gt 1 ]] || { echo "usage: guest.sh FOLDER KERNEL ARGUMENT..." >&2 && exit 1; }
folder=$1
shift

cd "$folder"
echo $$ >pid
rebooted=true
while $rebooted; do
  "$@" noreboot </dev/null >boot 2>&1 || true
  rebooted=false
  if tail -n 20 boot | grep -q '^reboot: Restarting system'; then rebooted=true; fi
  cat boot >>console
done
