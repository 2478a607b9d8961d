#!/usr/bin/env bash
# Functions of scripts that let the tasks of the member NODE run elsewhere before they end there. They run on a manager, with
# the functions of nodes.sh. Labels remember what they have changed, so that another run ends what a killed one began.
# shellcheck disable=SC2154 # $patience_s and $interval_s are those of nodes.sh
set -euo pipefail

left=nuvla-swarm.left   # label of the node: "<availability before> <service that ran> ..."
spare=nuvla-swarm.spare # label of a service: how many of its tasks are spare ones
kept=nuvla-swarm.kept   # label of a service: the node that its tasks have to come back to
start_patience_s=180    # an image may have to be pulled
settle_s=15             # what does not run by then may never do
learn_s=2               # Traefik asks every second which tasks there are
turn=/run/lock/nuvla-swarm-tasks
turn_patience_s=600
most_at_once=16         # services; each needs a client of Docker, of some 20 MiB

say() { echo "$NODE: $*" >&2; }

# take_turn: spare tasks are those of one member at a time. Other scripts on this manager wait until this one ends: those of
# the same update, and of the next one, if this one is killed and its scripts go on.
take_turn() {
  exec 9>"$turn"
  flock --timeout "$turn_patience_s" 9 ||
    { say "others have moved tasks for $turn_patience_s s; wait until they end, and run 'make up' again" && exit 1; }
}

# ask ARGUMENT...: what Docker answers, of a swarm that has a leader: without one for some seconds, as after the restart of a
# manager, no answer would mean that there is no such service or node.
ask() {
  local answer deadline=$((SECONDS + patience_s))
  until answer=$(docker "$@" 2>/dev/null); do
    if [ "$SECONDS" -ge "$deadline" ] || docker node ls --quiet >/dev/null 2>&1; then
      docker "$@"
      return
    fi
    sleep "$interval_s"
  done
  [ -z "$answer" ] || printf '%s\n' "$answer"
}

node_of_machine() { list_nodes | awk -v name="$NODE" '$3 == name && $2 == "ready" { print $1; exit }'; }
is_back() { [ -n "$(node_of_machine)" ]; }
emptied() { ask node ls --quiet --filter "node.label=$left" --filter "node.label=$NAME_LABEL=$NODE"; }
is_alone() { [ "$(list_nodes | grep -c ' ready ')" -le 1 ]; }
service() { ask service inspect "$1" --format "{{$2}}"; }
name_of() { service "$1" .Spec.Name; }
replicas() { service "$1" 'with .Spec.Mode.Replicated}}{{.Replicas}}{{end'; }
label_of() { service "$1" "index .Spec.Labels \"$2\""; }
labelled() { ask service ls --quiet --filter "label=$1"; }

# update_service ID OPTION...: its tasks stay as they are, as only their number, or where new ones may run, changes. Again if
# somebody else's update came between; a service that has gone needs none.
update_service() {
  local id=$1 answer deadline=$((SECONDS + patience_s))
  shift
  until answer=$(docker service update --detach --quiet "$@" "$id" 2>&1); do
    if [[ $answer =~ "not found"|"o such service" ]]; then return 0; fi # the client of engine 20.10 says the latter
    if [[ ! $answer =~ "update out of sequence"|leader || $SECONDS -ge $deadline ]]; then
      say "$(name_of "$id"): $answer"
      return 1
    fi
    sleep "$interval_s"
  done
}

# forget_former ID: `docker service rollback` by its operator would bring back what the last update of this program has taken
# away, since Swarm keeps the description before any update, and none that is older (moby/swarmkit, UpdateService in
# manager/controlapi/service.go). After an update that changes nothing, it brings back what is there.
forget_former() { update_service "$1"; }

# services_on NODE: a line per service with running tasks there: "<service> <number of tasks>"
services_on() {
  local ids
  ids=$(ask node ps "$1" --no-trunc --filter desired-state=running --format '{{.ID}}') || return
  # shellcheck disable=SC2086 # ids have no spaces; a task may be gone by now
  { [ -z "$ids" ] || docker inspect --type task $ids --format '{{.ServiceID}} {{.Status.State}}' 2>/dev/null || true; } |
    awk '$2 == "running" { tasks[$1]++ } END { for (service in tasks) print service, tasks[service] }' | sort
}

# is_settled NODE: whether no task is about to run there, which would be overlooked, and end with the machine.
is_settled() {
  local states
  states=$(ask node ps "$1" --filter desired-state=running --format '{{.CurrentState}}') || return
  ! grep -qE '^(New|Pending|Assigned|Accepted|Preparing|Ready|Starting)' <<<"$states"
}

# is_complete SERVICE: whether as many tasks run as there should, or the service has gone.
is_complete() {
  local count
  count=$(ask service ls --filter "id=$1" --format '{{.Replicas}}') || return
  count=${count%% *}
  [ "${count%/*}" = "${count#*/}" ]
}

# errors_of SERVICE: why its tasks do not run, a line each
errors_of() { ask service ps "$1" --no-trunc --filter desired-state=running --format '{{.Error}}' | grep . | sort -u; }
is_refused() { errors_of "$1" | grep -q '^"\?no suitable node'; }
is_decided() { is_complete "$1" || is_refused "$1"; }

# keeps_data SERVICE: whether its tasks write to the machine, rather than to files that all machines share; also if nobody
# says so.
keeps_data() {
  local found mounts='range .Spec.TaskTemplate.ContainerSpec.Mounts}}{{.Type}} {{.ReadOnly}}
    {{- with .VolumeOptions}}{{with .DriverConfig}} driver {{.Name}} {{.Options}}{{end}}{{end}}{{"\n"}}{{end'
  found=$(service "$1" "$mounts") || return 0
  awk <<<"$found" '
    NF && $1 != "tmpfs" && $2 != "true" && !/type:(nfs|cifs)/ && !($3 == "driver" && $4 !~ /^(local|map\[)/) { found = 1 }
    END { exit !found }'
}

# is_pinned SERVICE: whether its own constraints name the machine, as those of this program's services with data do.
is_pinned() {
  service "$1" 'with .Spec.TaskTemplate.Placement}}{{range .Constraints}}{{println .}}{{end}}{{end' |
    grep -qxF "node.labels.$NAME_LABEL==$NODE"
}

# is_changing SERVICE: whether its own update has not ended. Swarm takes one that is paused for due again with any other update
# of the service, and forgets what it would return to from one in progress (moby/swarmkit, manager/controlapi/service.go).
is_changing() {
  local state
  state=$(service "$1" 'with .UpdateStatus}}{{.State}}{{end')
  [[ $state =~ ^(updating|paused|rollback_started|rollback_paused)$ ]] || return 1
  say "$(name_of "$1") stops here for a while, as its own update is $state"
}

# movable NODE: the lines of services_on of those whose tasks other machines may have
movable() {
  local services id count
  services=$(services_on "$1") || return
  while read -r id count; do
    if [ -n "$id" ] && [ -n "$(replicas "$id")" ] && ! keeps_data "$id" && ! is_pinned "$id" && ! is_changing "$id"; then
      echo "$id $count"
    fi
  done <<<"$services"
}

# add_spares LINES: as many tasks more as movable says, on other machines, since the node takes none while it is paused.
add_spares() {
  local id count
  while read -r id count; do
    update_service "$id" --label-add "$spare=$count" --replicas "$(($(replicas "$id") + count))"
  done <<<"$1"
  while read -r id count; do
    if await "$start_patience_s" is_decided "$id" && is_complete "$id"; then continue; fi
    say "$(name_of "$id") stops for a while, as no other machine takes a task of it: $(errors_of "$id" | head -1)"
    remove_spares "$id"
  done <<<"$1"
}

# places SERVICE: a line per task of it that is to run, without those that another one follows
places() {
  ask service ps "$1" --format '{{.Name}} {{.DesiredState}}' |
    awk '$NF ~ /^(Ready|Running)$/ { places[$(NF - 1)] } END { for (place in places) print place }'
}

# has_shrunk SERVICE: whether no more of its tasks are to run than should. Swarm forgets to remove one that changes at the
# same moment, as one does whose node is drained, until the service is updated again (moby/swarmkit#2870 mends that for the
# tasks of services that go).
has_shrunk() {
  local wanted
  wanted=$(replicas "$1" 2>/dev/null) || return 0 # it has gone
  if [ -z "$wanted" ] || [ "$(places "$1" | wc -l)" -le "$wanted" ]; then return 0; fi
  update_service "$1"
  return 1
}

# is_as_before SERVICE: also after a run that was killed before Swarm had removed the spare tasks
is_as_before() { has_shrunk "$1" && is_complete "$1"; }

# remove_spares SERVICE: first go those that do not run, which are those that follow the tasks of a drained node.
remove_spares() {
  local count now
  count=$(label_of "$1" $spare)
  if [ -z "$count" ]; then return 0; fi
  now=$(replicas "$1")
  update_service "$1" --label-rm $spare --replicas "$((now > count ? now - count : now))"
  forget_former "$1"
  await "$patience_s" has_shrunk "$1" || say "$(name_of "$1") has more tasks than it should"
}

# remove_all_spares: almost at once, before others take their place.
remove_all_spares() {
  local id ids
  ids=$(labelled $spare)
  for id in $ids; do
    while [ "$(jobs -rp | wc -l)" -ge "$most_at_once" ]; do wait -n || true; done
    remove_spares "$id" &
  done
  wait
}

# keep NODE: services all of whose tasks run there come back to it, and to their data, instead of a start elsewhere.
keep() {
  local services id count
  services=$(services_on "$1") || return
  while read -r id count; do
    if [ -z "$id" ] || [ "$(replicas "$id")" != "$count" ] || ! keeps_data "$id" || is_pinned "$id"; then continue; fi
    if [ -n "$(label_of "$id" $kept)" ]; then continue; fi
    update_service "$id" --label-add "$kept=$1" --constraint-add "node.id==$1"
  done <<<"$services"
}

# release_kept: also what was kept for a node that is no more
release_kept() {
  local id ids
  ids=$(labelled $kept)
  for id in $ids; do
    update_service "$id" --label-rm $kept --constraint-rm "node.id==$(label_of "$id" $kept)"
    forget_former "$id"
  done
}

# complete_on NODE: the services that have tasks there and are complete, each behind a space
complete_on() {
  local services id count
  services=$(services_on "$1") || return
  while read -r id count; do
    if [ -n "$id" ] && is_complete "$id"; then printf ' %s' "$id"; fi
  done <<<"$services"
}

# move_away ID LINES: other machines have as many tasks as the lines of movable say; the node takes no more.
move_away() {
  local spares
  update_node "$NODE" "$1" --availability pause
  add_spares "$2"
  spares=$(labelled "$spare")
  if [ -n "$spares" ]; then sleep "$learn_s"; fi
}

# drain_emptied ID: it has no tasks, and nothing that follows them starts elsewhere beside the spare ones.
drain_emptied() {
  update_node "$NODE" "$1" --availability drain
  remove_all_spares
  drain_node "$NODE" "$1"
}

# leave_node ID: the node, which does not come back, has no tasks; what can run on other machines runs there before.
leave_node() {
  local services
  take_turn
  remove_all_spares
  services=
  if ! is_alone && is_ready "$1"; then
    await "$settle_s" is_settled "$1" || true
    services=$(movable "$1")
  fi
  if [ -z "$services" ]; then
    drain_node "$NODE" "$1"
  else
    move_away "$1" "$services"
    drain_emptied "$1"
  fi
}
