#!/usr/bin/env bash
# Runs on a manager, once machines have joined: other join tokens take the place of those that they joined by. These have no
# end of their own (moby/moby#29489), and are in the state and perhaps elsewhere. With the functions of nodes.sh.
# SWARM_ID is there to run this again when the swarm is another one.
set -euo pipefail
: "${SWARM_ID:?}"

rotate() { answer=$(docker swarm join-token --rotate --quiet "$1" 2>&1 >/dev/null); }

# Managers that just joined may be choosing a leader, and others may be changing the swarm.
for role in worker manager; do
  # shellcheck disable=SC2154 # $patience_s is that of nodes.sh
  await "$patience_s" rotate "$role" || { echo "the join token of ${role}s cannot be changed: $answer" >&2 && exit 1; }
done
