#!/usr/bin/env bash
# A service wrote into its folder, as the user of an earlier version.
set -euo pipefail
folder=/var/lib/nuvla-swarm/volumes/nfs
mkdir -p "$folder/wal"
touch "$folder/wal/00000001" "$folder/lock"
chown -R 65534:65534 "$folder"
