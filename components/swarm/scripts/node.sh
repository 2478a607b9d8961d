#!/usr/bin/env bash
# Runs on a manager, for the machine NODE that is to join: forgets dead namesakes of it and prints a fresh join token of
# ROLE. With the functions of nodes.sh.
# SWARM_ID and HOST_KEY are there to run this again when the swarm or the machine is another one.
set -euo pipefail
: "${SWARM_ID:?}" "${NODE:?}" "${NAME_LABEL:?}" "${ROLE:?}" "${HOST_KEY:?}"

forget_namesakes "$NODE" ""
docker swarm join-token --quiet "$ROLE"
