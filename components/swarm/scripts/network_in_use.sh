#!/usr/bin/env bash
# Runs on a manager, before networks of the swarm change. Each that has the label LABEL=OWNER, or the name of a WANTED one
# ("name attachable internal" lines), and is not as one of these would have to be removed: fails if others are on it.
set -euo pipefail
: "${LABEL:?}" "${OWNER:?}" "${WANTED:?}" "${SETTINGS:?}"

named=20 # of those on a network; the others are counted

# A line per service: "<name> <tab> <ids of its networks, each between spaces> <tab> <value of LABEL, if any>"
look_at_services() {
  local ids on='{{range .Spec.TaskTemplate.Networks}} {{.Target}} {{end}}'
  ids=$(docker service ls --quiet) || return
  # shellcheck disable=SC2086 # ids have no spaces
  [ -z "$ids" ] || docker service inspect --format "{{.Spec.Name}}	$on	{{index .Spec.Labels \"$LABEL\"}}" $ids
}

# A line per single container, on whichever machine: "<id> <tab> <id of the machine> <tab> <ids of its networks>"
look_at_containers() {
  local nodes ids on='{{range .NetworksAttachments}} {{.Network.ID}} {{end}}'
  nodes=$(docker node ls --quiet) || return
  # shellcheck disable=SC2086
  ids=$(docker node ps --no-resolve --no-trunc --quiet --filter runtime=attachment --filter desired-state=running $nodes) || return
  # shellcheck disable=SC2086
  [ -z "$ids" ] || docker inspect --type task --format "{{.Spec.NetworkAttachmentSpec.ContainerID}}	{{.NodeID}}	$on" $ids
}

# users NETWORK: what of others is on it, a line each.
users() {
  local name owner node on
  while IFS=$'\t' read -r name on owner; do
    if [[ $on == *" $1 "* && $owner != "$OWNER" ]]; then echo "service $name"; fi
  done <<<"$services"
  while IFS=$'\t' read -r name node on; do
    if [[ $on == *" $1 "* ]]; then
      echo "container ${name:0:12} on $(docker node inspect "$node" --format '{{.Description.Hostname}}')"
    fi
  done <<<"$containers"
}

listed() { awk -v named="$named" 'NR <= named {printf "%s%s", (NR > 1 ? ", " : ""), $0} END {if (NR > named) printf " and %d more", NR - named}'; }

names=()
while read -r name _; do names+=(--filter "name=^$name\$"); done <<<"$WANTED"
marked=$(docker network ls --no-trunc --quiet --filter scope=swarm --filter "label=$LABEL=$OWNER")
named_so=$(docker network ls --no-trunc --quiet --filter scope=swarm "${names[@]}")
changing=()
for network in $(printf '%s\n' "$marked" "$named_so" | sort --unique); do
  now=$(docker network inspect "$network" --format '{{.Name}} {{.Attachable}} {{.Internal}}')
  grep --quiet --line-regexp --fixed-strings -- "$now" <<<"$WANTED" || changing+=("$network $now")
done
[ "${#changing[@]}" -gt 0 ] || exit 0

# Again, as one of them may have gone between its name and the question. An answer that is missing is no answer.
services=$(look_at_services) || services=$(look_at_services)
containers=$(look_at_containers) || containers=$(look_at_containers)
refused=0
for change in "${changing[@]}"; do
  read -r network name attachable internal <<<"$change"
  found=$(users "$network" | listed)
  [ -n "$found" ] || continue
  refused=1
  echo "$name: would have to be removed, but is in use by $found;" \
    "take them off it first, or set $SETTINGS back (it is there with attachable: $attachable, internal: $internal)" >&2
done
exit "$refused"
