#!/usr/bin/env bash
# Runs on the manager that the program talks to. Prints the id of its swarm.
#   start      makes it the first manager of a swarm, unless it is in one already
#   continue   the same, of an infrastructure that had a swarm: a new one is started only when nobody can have the old one
# OTHER_MANAGERS are the addresses of the others that are not lost. With the functions of nodes.sh.
# shellcheck disable=SC2154 # $patience_s and $interval_s are those of nodes.sh
set -euo pipefail
: "${ADDRESS:?}" "${ADDRESS_POOLS:?}" "${SUBNET_PREFIX:?}" "${OTHER_MANAGERS?}"

swarm() { docker info --format "{{$1}}"; }
fail() { echo "$(hostname): $*" >&2; exit 1; }

# An engine that has just started looks for its swarm first.
state() {
  local deadline=$((SECONDS + patience_s)) found
  while found=$(swarm .Swarm.LocalNodeState) && [ "$found" = pending ] && [ "$SECONDS" -lt "$deadline" ]; do
    sleep "$interval_s"
  done
  echo "$found"
}

check_pools() {
  local pools
  pools=$(swarm 'range .Swarm.Cluster.DefaultAddrPool}}{{.}} {{end')
  if [ "$pools" != "$ADDRESS_POOLS " ] || [ "$(swarm .Swarm.Cluster.SubnetSize)" != "$SUBNET_PREFIX" ]; then
    fail "the swarm's address pools cannot change; allowed: swarm.address_pools ${pools% } with swarm.subnet_prefix" \
      "$(swarm .Swarm.Cluster.SubnetSize), as they are now, or another stack ('make down' would remove everything)"
  fi
}

check_leader() {
  local answer
  answer=$(await_nodes 2>&1) || fail "the swarm has no leader, as too many of its managers are away ($answer);" \
    "start them; if they are dead, run 'make recover', or 'docker swarm init --force-new-cluster --advertise-addr" \
    "$ADDRESS' here, name them in machines.lost and run 'make up' again"
}

# A manager that lost its disk must not start a second swarm beside the one that the others still run.
check_others() {
  local other
  for other in $OTHER_MANAGERS; do
    if timeout 2 bash -c "</dev/tcp/$other/2377" 2>/dev/null; then
      fail "is in no swarm, but the manager at $other is; set swarm.api_manager to that one and run 'make up' again"
    fi
    ! $had_one || fail "is in no swarm, and the manager at $other, which may be in one, does not answer;" \
      "start it and set swarm.api_manager to it, or name it in machines.lost if it is dead"
  done
}

case "$1" in
  start) had_one=false ;;
  continue) had_one=true ;;
esac
state=$(state)
if [ "$state" = active ]; then
  [ "$(swarm .Swarm.ControlAvailable)" = true ] || fail "is a worker of a swarm; allowed: a manager as swarm.api_manager"
  check_leader
  check_pools
elif [ "$state" != inactive ]; then
  fail "its part in the swarm is in the state $state: $(swarm .Swarm.Error); see 'journalctl -u docker' there"
else
  check_others
  pools=()
  for pool in $ADDRESS_POOLS; do pools+=(--default-addr-pool "$pool"); done
  docker swarm init --advertise-addr "$ADDRESS" "${pools[@]}" \
    --default-addr-pool-mask-length "$SUBNET_PREFIX" >/dev/null
  ! $had_one || echo "warning: $(hostname): has lost its swarm, and starts a new one" >&2
fi
swarm .Swarm.Cluster.ID
