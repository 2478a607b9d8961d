#!/usr/bin/env bash
# Runs on a manager, for the membership of NODE.
#   add      forgets dead namesakes of NODE and prints a fresh join token of ROLE
#   remove   removes NODE from the swarm, whatever state it is in
# SWARM_ID is there to run this again when the swarm is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${ROLE:?}"

# ids_of STATUS: the nodes with the hostname NODE whose status matches the pattern
ids_of() { docker node ls --format '{{.ID}} {{.Hostname}} {{.Status}}' | awk -v n="$NODE" -v s="$1" '$2 == n && $3 ~ s {print $1}'; }

forget() {
  local id
  for id in $1; do
    docker node demote "$id" >/dev/null 2>&1 || true # a worker cannot be demoted
    docker node rm --force "$id" >/dev/null
  done
}

case "$1" in
  add)
    forget "$(ids_of '^(Down|Disconnected)$')"
    docker swarm join-token --quiet "$ROLE"
    ;;
  remove)
    forget "$(ids_of '.')"
    ;;
esac
