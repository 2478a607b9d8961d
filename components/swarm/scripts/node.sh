#!/usr/bin/env bash
# Runs on a manager, for the membership of NODE.
#   add      forgets dead namesakes of NODE and prints a fresh join token of ROLE
#   remove   removes NODE from the swarm, whatever state it is in
# SWARM_ID is there to run this again when the swarm is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${ROLE:?}"

# forget STATUS: removes the nodes with the hostname NODE whose status matches the pattern.
forget() {
  local nodes id name status
  nodes=$(docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}}')
  while read -r id name status; do
    if [[ $name != "$NODE" || ! $status =~ $1 ]]; then continue; fi
    if [ "$(docker node inspect "$id" --format '{{.Spec.Role}}')" = manager ]; then
      docker node demote "$id" >/dev/null
    fi
    docker node rm --force "$id" >/dev/null
  done <<<"$nodes"
}

case "$1" in
  add)
    forget '^(Down|Disconnected)$'
    docker swarm join-token --quiet "$ROLE"
    ;;
  remove)
    forget '.'
    ;;
esac
