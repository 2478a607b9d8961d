#!/usr/bin/env bash
# Runs on a manager that the loss of other managers has left without a leader. With the functions of nodes.sh.
#   look     prints "leads" if its swarm has a leader, and "left" if the swarm may be started again from here
#   start    makes it the only manager of its swarm, with all services and nodes, unless there is a leader
#   leave    takes it out of a swarm that has no leader: it is to join the one that another manager has started again
# shellcheck disable=SC2154 # $patience_s and $interval_s are those of nodes.sh
set -euo pipefail
: "${ADDRESS:?}"

swarm() { docker info --format "{{$1}}"; }
is_settled() { [ "$(swarm .Swarm.LocalNodeState)" != pending ]; }
manages() { [ "$(swarm .Swarm.ControlAvailable)" = true ]; }
has_leader() { docker node ls --quiet >/dev/null 2>&1; }

look() {
  await "$patience_s" is_settled || true # an engine that has just started looks for its swarm first
  if ! manages; then return 0; fi
  if has_leader; then echo leads; else echo left; fi
}

start() {
  if has_leader; then return 0; fi
  docker swarm init --force-new-cluster --advertise-addr "$ADDRESS" >/dev/null
  await_nodes >/dev/null
}

leave() {
  if [ "$(swarm .Swarm.LocalNodeState)" = inactive ] || has_leader; then return 0; fi
  docker swarm leave --force >/dev/null
}

case "$1" in
  look) look ;;
  start) start ;;
  leave) leave ;;
esac
