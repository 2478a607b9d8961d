#!/usr/bin/env bash
# Runs on a machine.
#   join    makes it a member of the swarm SWARM_ID that others reach at ADDRESS, unless it is one; prints its node's id
#   leave   takes it out of any swarm; a manager hands its part over before, if there is another one
set -euo pipefail
: "${SWARM_ID:?}" "${ADDRESS:?}" "${MANAGER:?}" "${TOKEN:?}"

patience_s=30
interval_s=0.2

swarm() { docker info --format "{{$1}}"; }

# Only managers know the id of their swarm. The note is in the folder that leaving a swarm empties.
note=$(docker info --format '{{.DockerRootDir}}')/swarm/nuvla-swarm-id

# An engine that has just started looks for its swarm first.
await_start() {
  local deadline=$((SECONDS + patience_s))
  while [ "$(swarm .Swarm.LocalNodeState)" = pending ] && [ "$SECONDS" -lt "$deadline" ]; do sleep "$interval_s"; done
}

current() {
  [ "$(swarm .Swarm.LocalNodeState)" = active ] || return 0
  if [ "$(swarm .Swarm.ControlAvailable)" = true ]; then swarm .Swarm.Cluster.ID; else cat "$note" 2>/dev/null || true; fi
}

# Those of its managers are at hand: a killed join leaves a member without the note.
is_of_manager() { swarm 'range .Swarm.RemoteManagers}}{{.Addr}} {{end' | grep -qF "$MANAGER:"; }

is_member() {
  local known
  known=$(current)
  [ "$known" = "$SWARM_ID" ] || { [ -z "$known" ] && [ "$(swarm .Swarm.LocalNodeState)" = active ] && is_of_manager; }
}

# `docker swarm join` takes the token as an argument, which every user of the machine can read meanwhile.
join() {
  local body='{"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "%s", "RemoteAddrs": ["%s:2377"], "JoinToken": "%s"}'
  # shellcheck disable=SC2059 # the format is above
  printf "$body" "$ADDRESS" "$MANAGER" "$TOKEN" |
    curl --silent --show-error --fail-with-body --unix-socket /var/run/docker.sock --noproxy '*' \
      --header 'Content-Type: application/json' --data @- http://localhost/swarm/join
}

# The last manager cannot hand over: the swarm ends with it.
hand_over() {
  local deadline=$((SECONDS + patience_s)) node
  node=$(swarm .Swarm.NodeID)
  while [ "$(swarm .Swarm.ControlAvailable)" = true ] && [ "$(swarm .Swarm.Managers)" -gt 1 ]; do
    [ "$SECONDS" -lt "$deadline" ] || break
    docker node demote "$node" >/dev/null 2>&1 || true # another manager may be doing the same
    sleep "$interval_s"
  done
}

# A swarm that lives, and that this machine manages, is never left for another one.
check_other_swarm() {
  [ "$(swarm .Swarm.ControlAvailable)" = true ] && [ "$(swarm .Swarm.Cluster.ID)" != "$SWARM_ID" ] || return 0
  [ -n "$(docker node ls --quiet 2>/dev/null)" ] || return 0
  echo "$(hostname): manages another swarm, which lives; run 'docker swarm leave --force' here if nobody needs it" >&2
  exit 1
}

leave() { [ "$(swarm .Swarm.LocalNodeState)" = inactive ] || docker swarm leave --force >/dev/null; }

case "$1" in
  join)
    await_start
    if ! is_member || [ "$(swarm .Swarm.NodeAddr)" != "$ADDRESS" ]; then
      check_other_swarm
      leave
      join
    fi
    echo "$SWARM_ID" >"$note"
    swarm .Swarm.NodeID
    ;;
  leave)
    hand_over
    leave
    ;;
esac
