#!/usr/bin/env bash
# Functions of scripts that let the tasks of the member NODE run elsewhere before they end there. They run on a manager, with
# the functions of nodes.sh. Labels remember what they have changed, so that another run ends what a killed one began.
# shellcheck disable=SC2154 # $patience_s and $interval_s are those of nodes.sh
set -euo pipefail

left=nuvla-swarm.left   # label of the node: "<availability before> <service that ran> ..."
spare=nuvla-swarm.spare # label of a service: how many of its tasks are spare ones
kept=nuvla-swarm.kept   # label of a service: the node that its tasks have to come back to
start_patience_s=180    # an image may have to be pulled
learn_s=2               # Traefik asks every second which tasks there are

say() { echo "$NODE: $*" >&2; }
node_of_machine() { list_nodes | awk -v name="$NODE" '$3 == name && $2 == "ready" { print $1; exit }'; }
is_back() { [ -n "$(node_of_machine)" ]; }
was_emptied() { [ -n "$(docker node ls --quiet --filter "node.label=$left" --filter "node.label=$NAME_LABEL=$NODE")" ]; }
is_alone() { [ "$(list_nodes | grep -c ' ready ')" -le 1 ]; }
service() { docker service inspect "$1" --format "{{$2}}"; }
name_of() { service "$1" .Spec.Name; }
replicas() { service "$1" 'with .Spec.Mode.Replicated}}{{.Replicas}}{{end'; }
label_of() { service "$1" "index .Spec.Labels \"$2\""; }
labelled() { docker service ls --quiet --filter "label=$1"; }

# update_service ID OPTION...: its tasks stay as they are, as only their number, or where new ones may run, changes. Again if
# somebody else's update came between; a service that has gone needs none.
update_service() {
  local id=$1 answer deadline=$((SECONDS + patience_s))
  shift
  until answer=$(docker service update --detach --quiet "$@" "$id" 2>&1); do
    if [[ $answer == *"not found"* ]]; then return 0; fi
    if [[ ! $answer =~ "update out of sequence"|leader || $SECONDS -ge $deadline ]]; then
      say "$(name_of "$id"): $answer"
      return 1
    fi
    sleep "$interval_s"
  done
}

# services_on NODE: a line per service with running tasks there: "<service> <number of tasks>"
services_on() {
  local ids
  ids=$(docker node ps "$1" --no-trunc --filter desired-state=running --format '{{.ID}}')
  # shellcheck disable=SC2086 # ids have no spaces; a task may be gone by now
  { [ -z "$ids" ] || docker inspect --type task $ids --format '{{.ServiceID}} {{.Status.State}}' 2>/dev/null || true; } |
    awk '$2 == "running" { tasks[$1]++ } END { for (service in tasks) print service, tasks[service] }' | sort
}

# is_complete SERVICE: whether as many tasks run as there should, or the service has gone.
is_complete() {
  local count
  count=$(docker service ls --filter "id=$1" --format '{{.Replicas}}')
  count=${count%% *}
  [ "${count%/*}" = "${count#*/}" ]
}

# errors_of SERVICE: why its tasks do not run, a line each
errors_of() { docker service ps "$1" --no-trunc --filter desired-state=running --format '{{.Error}}' | grep . | sort -u; }
is_refused() { errors_of "$1" | grep -q '^"\?no suitable node'; }
is_decided() { is_complete "$1" || is_refused "$1"; }

# keeps_data SERVICE: whether its tasks write to the machine, rather than to files that all machines share.
keeps_data() {
  local mounts='range .Spec.TaskTemplate.ContainerSpec.Mounts}}{{.Type}} {{.ReadOnly}}
    {{- with .VolumeOptions}}{{with .DriverConfig}} driver {{.Name}} {{.Options}}{{end}}{{end}}{{"\n"}}{{end'
  service "$1" "$mounts" | awk '
    NF && $1 != "tmpfs" && $2 != "true" && !/type:(nfs|cifs)/ && !($3 == "driver" && $4 !~ /^(local|map\[)/) { found = 1 }
    END { exit !found }'
}

# is_pinned SERVICE: whether its own constraints name the machine, as those of this program's services with data do.
is_pinned() {
  service "$1" 'with .Spec.TaskTemplate.Placement}}{{range .Constraints}}{{println .}}{{end}}{{end' |
    grep -qxF "node.labels.$NAME_LABEL==$NODE"
}

# movable NODE: the lines of services_on of those whose tasks other machines may have
movable() {
  local services id count
  services=$(services_on "$1")
  while read -r id count; do
    if [ -n "$id" ] && [ -n "$(replicas "$id")" ] && ! keeps_data "$id" && ! is_pinned "$id"; then echo "$id $count"; fi
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

# remove_spares SERVICE: first go those that do not run, which are those that follow the tasks of a drained node.
remove_spares() {
  local count now
  count=$(label_of "$1" $spare)
  now=$(replicas "$1")
  [ -z "$count" ] || update_service "$1" --label-rm $spare --replicas "$((now > count ? now - count : now))"
}

# remove_all_spares: at once, before others take their place.
remove_all_spares() {
  local id
  for id in $(labelled $spare); do remove_spares "$id" & done
  wait
}

# keep NODE: services all of whose tasks run there come back to it, and to their data, instead of a start elsewhere.
keep() {
  local services id count
  services=$(services_on "$1")
  while read -r id count; do
    if [ -z "$id" ] || [ "$(replicas "$id")" != "$count" ] || ! keeps_data "$id" || is_pinned "$id"; then continue; fi
    if [ -n "$(label_of "$id" $kept)" ]; then continue; fi
    update_service "$id" --label-add "$kept=$1" --constraint-add "node.id==$1"
  done <<<"$services"
}

# release_kept: also what was kept for a node that is no more
release_kept() {
  local id
  for id in $(labelled $kept); do
    update_service "$id" --label-rm $kept --constraint-rm "node.id==$(label_of "$id" $kept)"
  done
}

# complete_on NODE: the services that have tasks there and are complete, each behind a space
complete_on() {
  local services id count
  services=$(services_on "$1")
  while read -r id count; do
    if [ -n "$id" ] && is_complete "$id"; then printf ' %s' "$id"; fi
  done <<<"$services"
}

# move_away ID LINES: other machines have as many tasks as the lines of movable say; the node takes no more.
move_away() {
  update_node "$NODE" "$1" --availability pause
  add_spares "$2"
  if [ -n "$(labelled "$spare")" ]; then sleep "$learn_s"; fi
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
  remove_all_spares
  services=
  if is_ready "$1" && ! is_alone; then services=$(movable "$1"); fi
  if [ -z "$services" ]; then
    drain_node "$NODE" "$1"
  else
    move_away "$1" "$services"
    drain_emptied "$1"
  fi
}
