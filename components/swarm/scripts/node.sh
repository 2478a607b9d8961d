#!/usr/bin/env bash
# Runs on a manager, for the membership of NODE.
#   add      forgets dead namesakes of NODE and prints a fresh join token of ROLE
#   remove   removes NODE from the swarm, whatever state it is in
# A node is NODE by its label NAME_LABEL, or else by its hostname. SWARM_ID and HOST_KEY are there to run this again when
# the swarm or the machine is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${NAME_LABEL:?}" "${ROLE:?}" "${HOST_KEY:?}"

# named ID HOSTNAME: whether it is a node of NODE.
named() {
  local label
  label=$(docker node inspect "$1" --format "{{index .Spec.Labels \"$NAME_LABEL\"}}")
  [ "${label:-$2}" = "$NODE" ]
}

# forget STATUS: removes the nodes of NODE whose status matches the pattern.
forget() {
  local nodes id name status
  nodes=$(docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}}')
  while read -r id name status; do
    if [[ ! $status =~ $1 ]] || ! named "$id" "$name"; then continue; fi
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
    # The last manager has left by itself, and with it the swarm is gone.
    if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then forget '.'; fi
    ;;
esac
