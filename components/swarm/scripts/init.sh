#!/usr/bin/env bash
# Makes this machine the first manager of a swarm, unless it is in one already. Prints the swarm's id.
# DISK_ID is there to run this again when the machine's disk is another one.
set -euo pipefail
: "${DISK_ID:?}" "${ADDRESS:?}" "${ADDRESS_POOLS:?}" "${SUBNET_PREFIX:?}" "${OTHER_MANAGERS?}"

swarm() { docker info --format "{{$1}}"; }
fail() { echo "$(hostname): $*" >&2; exit 1; }

if [ "$(swarm .Swarm.LocalNodeState)" = active ]; then
  [ "$(swarm .Swarm.ControlAvailable)" = true ] || fail "is a worker of a swarm; allowed: a manager as swarm.entry"
  pools=$(swarm 'range .Swarm.Cluster.DefaultAddrPool}}{{.}} {{end')
  if [ "$pools" != "$ADDRESS_POOLS " ] || [ "$(swarm .Swarm.Cluster.SubnetSize)" != "$SUBNET_PREFIX" ]; then
    fail "the swarm's address pools are $pools/$(swarm .Swarm.Cluster.SubnetSize) and cannot change;" \
      "allowed: the old settings, or a new swarm after 'pulumi destroy'"
  fi
else
  # A manager that lost its disk must not start a second swarm beside the one that the others still run.
  for other in $OTHER_MANAGERS; do
    if timeout 2 bash -c "</dev/tcp/$other/2377" 2>/dev/null; then
      fail "has lost its swarm, but $other still runs it;" \
        "set swarm.entry to the manager with that address and run 'pulumi up' again"
    fi
  done
  pools=()
  for pool in $ADDRESS_POOLS; do pools+=(--default-addr-pool "$pool"); done
  docker swarm init --advertise-addr "$ADDRESS" "${pools[@]}" \
    --default-addr-pool-mask-length "$SUBNET_PREFIX" >/dev/null
fi
swarm .Swarm.Cluster.ID
