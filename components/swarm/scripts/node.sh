#!/usr/bin/env bash
# Runs on a manager, for the machine NODE that is to join: forgets dead namesakes of it. Prints a fresh join token of ROLE,
# and then the ids of the nodes that the swarm has. With the functions of nodes.sh.
# SWARM_ID and HOST_KEY are there to run this again when the swarm or the machine is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${NAME_LABEL:?}" "${ROLE:?}" "${HOST_KEY:?}"

forget_namesakes "$NODE" ""
nodes=$(docker node ls --quiet | sort | paste -sd ' ')
echo "$(docker swarm join-token --quiet "$ROLE") $nodes"
