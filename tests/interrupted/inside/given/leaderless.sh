#!/usr/bin/env bash
# The other managers are dead, so that there is no leader.
set -euo pipefail

sed -i 's/"LocalNodeState": "active"/"LocalNodeState": "active", "Leaderless": true/' /var/lib/docker/state.json
grep -q Leaderless /var/lib/docker/state.json
