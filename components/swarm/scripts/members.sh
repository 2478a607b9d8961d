#!/usr/bin/env bash
# Runs on a manager: takes the machines of this program out of the swarm that are not among its MEMBERS: one after the
# other, each without tasks first if it lives. With the functions of nodes.sh and tasks.sh.
set -euo pipefail
: "${MEMBERS:?}" "${NAME_LABEL:?}"

# Those that are dead go first: of managers, a majority of those that are left has to live each time.
nodes=$(list_nodes)
nodes=$(awk '{ print ($2 == "ready"), $0 }' <<<"$nodes" | sort --stable --key=1,1n | cut -d ' ' -f 2-)
while read -r id state name hostname; do
  # A join that was tried again leaves a node that never was one.
  if [ "$state $name $hostname" = "down - " ]; then docker node rm --force "$id" >/dev/null; fi
  if [ "$name" = - ] || [[ " $MEMBERS " == *" $name "* ]]; then continue; fi
  if [ "$id" = "$(own_id)" ]; then
    echo "$name: is swarm.api_manager and no member of the settings; allowed: a manager of machines.pools as swarm.api_manager" >&2
    exit 1
  fi
  NODE=$name leave_node "$id"
  forget_node "$name" "$id"
done <<<"$nodes"
