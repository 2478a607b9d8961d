#!/usr/bin/env bash
# Something is mounted in the volume, which can therefore not be unmounted.
set -euo pipefail

place=/var/lib/nuvla-swarm/volumes/nfs/theirs
mkdir -p "$place"
mount --bind /srv "$place"
