#!/usr/bin/env bash
# Runs on a machine.
#   join    makes it a member of the swarm SWARM_ID, unless it is one
#   leave   takes it out of any swarm
set -euo pipefail
: "${SWARM_ID:?}" "${ADDRESS:?}" "${MANAGER:?}" "${TOKEN:?}"

swarm() { docker info --format "{{$1}}"; }

# Only managers know the id of their swarm. The note is in the folder that leaving a swarm empties.
note=$(docker info --format '{{.DockerRootDir}}')/swarm/nuvla-swarm-id

current() {
  [ "$(swarm .Swarm.LocalNodeState)" = active ] || return 0
  if [ "$(swarm .Swarm.ControlAvailable)" = true ]; then swarm .Swarm.Cluster.ID; else cat "$note" 2>/dev/null || true; fi
}

# `docker swarm join` takes the token as an argument, which every user of the machine can read meanwhile.
join() {
  local body='{"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "%s", "RemoteAddrs": ["%s:2377"], "JoinToken": "%s"}'
  # shellcheck disable=SC2059 # the format is above
  printf "$body" "$ADDRESS" "$MANAGER" "$TOKEN" |
    curl --silent --show-error --fail-with-body --unix-socket /var/run/docker.sock --noproxy '*' \
      --header 'Content-Type: application/json' --data @- http://localhost/swarm/join
}

leave() { [ "$(swarm .Swarm.LocalNodeState)" = inactive ] || docker swarm leave --force >/dev/null; }

case "$1" in
  join)
    if [ "$(current)" != "$SWARM_ID" ]; then
      leave
      join
      echo "$SWARM_ID" >"$note"
    fi
    swarm .Swarm.NodeID
    ;;
  leave)
    leave
    ;;
esac
