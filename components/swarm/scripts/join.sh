#!/usr/bin/env bash
# Runs on a machine.
#   join    makes it a member of the swarm SWARM_ID that others reach at ADDRESS, unless it is one; prints its node's id.
#           INVITATION is a join token, and the ids of the nodes that the swarm had when it was given
#   leave   takes it out of any swarm; a manager hands its part over before, if there is another one
set -euo pipefail
: "${SWARM_ID:?}" "${ADDRESS:?}" "${MANAGER:?}" "${INVITATION:?}"

patience_s=30
slow_patience_s=120 # for a machine that its engine says is slow to join
interval_s=0.2

swarm() { docker info --format "{{$1}}"; }

# In the folder that leaving a swarm empties: which swarm this machine joined, or was joining, and by which invitation.
note=$(docker info --format '{{.DockerRootDir}}')/swarm/nuvla-swarm-id
invited="$SWARM_ID $(sha256sum <<<"$INVITATION" | cut -c1-12)"

# await_swarm SECONDS: an engine that has just started looks for its swarm first, and one that joins for its new one.
await_swarm() {
  local deadline=$((SECONDS + $1))
  while [ "$(swarm .Swarm.LocalNodeState)" = pending ] && [ "$SECONDS" -lt "$deadline" ]; do sleep "$interval_s"; done
}

# One that the swarm has, or that joined by this invitation. A machine that was given up thinks that it still is one.
is_member() {
  [ "$(swarm .Swarm.LocalNodeState)" = active ] || return 1
  if [ "$(cat "$note" 2>/dev/null)" = "$invited" ]; then return 0; fi
  [[ " ${INVITATION#* } " == *" $(swarm .Swarm.NodeID) "* ]]
}

# `docker swarm join` takes the token as an argument, which every user of the machine can read meanwhile.
ask_to_join() {
  local body='{"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "%s", "RemoteAddrs": ["%s:2377"], "JoinToken": "%s"}'
  # shellcheck disable=SC2059 # the format is above
  printf "$body" "$ADDRESS" "$MANAGER" "${INVITATION%% *}" |
    curl --silent --show-error --fail-with-body --max-time 120 --unix-socket /var/run/docker.sock --noproxy '*' \
      --header 'Content-Type: application/json' --data @- http://localhost/swarm/join
}

# After 20 s, the engine answers that it goes on.
join() {
  local told
  if told=$(ask_to_join 2>&1); then return 0; fi
  if [[ $told == *'will continue in the background'* ]]; then
    await_swarm "$slow_patience_s"
    if [ "$(swarm .Swarm.LocalNodeState)" = active ]; then return 0; fi
  fi
  echo "$told" >&2
  return 1
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

# A manager that leaves with its vote may take the quorum with it. Of a swarm without a quorum there is nothing to take.
give_up_vote() {
  [ "$(swarm .Swarm.ControlAvailable)" = true ] && [ -n "$(docker node ls --quiet 2>/dev/null)" ] || return 0
  hand_over
  [ "$(swarm .Swarm.ControlAvailable)" = true ] && [ "$(swarm .Swarm.Managers)" -gt 1 ] || return 0
  echo "$(hostname): cannot join by another address, as the swarm's quorum needs it: start the managers that are away," \
    "or name them in machines.lost and run 'make up' first" >&2
  exit 1
}

# note_invitation: at once, as half of a note is none.
note_invitation() {
  echo "$invited" >"$note.new"
  mv -f "$note.new" "$note"
}

leave() { [ "$(swarm .Swarm.LocalNodeState)" = inactive ] || docker swarm leave --force >/dev/null; }

case "$1" in
  join)
    await_swarm "$patience_s"
    if ! is_member || [ "$(swarm .Swarm.NodeAddr)" != "$ADDRESS" ]; then
      check_other_swarm
      give_up_vote
      leave
      note_invitation
      join
    fi
    note_invitation
    swarm .Swarm.NodeID
    ;;
  leave)
    hand_over
    leave
    ;;
esac
