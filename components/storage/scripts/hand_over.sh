#!/usr/bin/env bash
# Runs on a machine whose data volume goes to another one: waits until no container uses FOLDER, ends the NFS server that
# shows it at SHARED, if one is given, and unmounts it. With the functions of nfs.sh and mounts.sh.
set -euo pipefail
: "${FOLDER:?}" "${SHARED?}"

patience_s=60

used() {
  users "$FOLDER"
  [ -z "$SHARED" ] || users "$SHARED"
}

deadline=$((SECONDS + patience_s))
while [ -n "$(used)" ]; do
  [ "$SECONDS" -lt "$deadline" ] || fail "the volume at $FOLDER goes to another machine, but is used by" \
    "$(used | sort -u | paste -sd ' '): stop that and run this again"
  sleep 0.5
done
if [ -n "$SHARED" ]; then
  # shellcheck disable=SC2034 # of the functions of nfs.sh
  FOLDER=$SHARED stop_serving
fi
unmount "$FOLDER"
