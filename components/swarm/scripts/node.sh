#!/usr/bin/env bash
# Runs on a manager, for the machine NODE that is to join. Prints a fresh join token of ROLE and the ids of the nodes that
# the swarm has, and then a word that is another one each time: whoever joined before does so again, which changes no member.
# Managers that were the machine, and that are dead, have no vote any more: a quorum without them is needed to join. They
# stay nodes until the machine is another one, as it may come back. With the functions of nodes.sh.
# SWARM_ID, ADDRESS and HOST_KEY are there to run this again when the swarm or the machine is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${NAME_LABEL:?}" "${ROLE:?}" "${ADDRESS:?}" "${HOST_KEY:?}"

namesakes=$(namesakes "$NODE" "")
while read -r id state; do
  if is_dead "$state"; then demote_node "$NODE" "$id"; fi
done <<<"$namesakes"
nodes=$(await_nodes | sort | paste -sd ' ')
token=$(docker swarm join-token --quiet "$ROLE")
echo "$token $nodes"
cat /proc/sys/kernel/random/uuid
