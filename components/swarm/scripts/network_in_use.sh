#!/usr/bin/env bash
# Runs on a manager, before networks of the swarm change. Fails if a WANTED one (lines "name attachable internal", and the
# setting of the name, if any) has the name of somebody else's, which Docker refuses when what has to make way is gone already.
# One of this infrastructure that is not as a WANTED one would have to be removed: fails if others are on it. Ours is what
# bears ID, or, if it is from before there were ids, LABEL=OWNER; or whose id is among KNOWN, of the state.
set -euo pipefail
: "${LABEL:?}" "${OWNER:?}" "${ID_LABEL:?}" "${ID:?}" "${KNOWN?}" "${WANTED:?}" "${SETTINGS:?}"

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

declare -A settings=()
while read -r name _ _ setting; do settings[$name]=$setting; done <<<"$WANTED"
forms=$(cut --delimiter=' ' --fields=1-3 <<<"$WANTED")
marked=$(docker network ls --no-trunc --quiet --filter scope=swarm --filter "label=$LABEL=$OWNER")
identified=$(docker network ls --no-trunc --quiet --filter scope=swarm --filter "label=$ID_LABEL=$ID")
# Those of this machine alone too: to Docker, names are names. Its own filter of names finds none of the swarm.
every=$(docker network ls --no-trunc --format '{{.ID}} {{.Name}}')
named_so=()
while read -r network name; do
  if [ -n "$name" ] && [ -n "${settings[$name]+wanted}" ]; then named_so+=("$network"); fi
done <<<"$every"
form='{{.Name}} {{.Attachable}} {{.Internal}}'
marks="{{with index .Labels \"$ID_LABEL\"}}{{.}}{{else}}-{{end}} {{with index .Labels \"$LABEL\"}}{{.}}{{else}}-{{end}}"
changing=() strange=()
declare -A ours=()
for network in $(printf '%s\n' "$marked" "$identified" "${named_so[@]}" | sort --unique); do
  line=$(docker network inspect "$network" --format "$form {{.Scope}} $marks")
  read -r name attachable internal scope id owner <<<"$line"
  if [ "$id" = "$ID" ] || [[ "$id $owner" = "- $OWNER" || " $KNOWN " = *" $network "* ]]; then
    ours[$name]=true
    grep --quiet --line-regexp --fixed-strings -- "$name $attachable $internal" <<<"$forms" ||
      changing+=("$network $name $attachable $internal")
  elif [ -n "${settings[$name]+wanted}" ]; then
    strange+=("$network $name $scope")
  fi
done
[ "$((${#changing[@]} + ${#strange[@]}))" -gt 0 ] || exit 0

# Again, as one of them may have gone between its name and the question. An answer that is missing is no answer.
services=$(look_at_services) || services=$(look_at_services)
containers=$(look_at_containers) || containers=$(look_at_containers)
refused=0
for one in "${strange[@]}"; do
  read -r network name scope <<<"$one"
  [ -z "${ours[$name]:-}" ] || continue # ours is there beside it already
  refused=1
  found=$(users "$network" | listed)
  where="in the swarm"
  [ "$scope" = swarm ] || where="on $HOSTNAME alone"
  whose="a network $name $where is not of this infrastructure (id ${network:0:12}${found:+, in use by $found})"
  if [ -n "${settings[$name]}" ]; then
    echo "${settings[$name]}: $name given, but $whose; allowed: another name, or $name after you removed that network" >&2
  else
    echo "$name: $whose, and this infrastructure needs one of that name; remove that network" >&2
  fi
done
for change in "${changing[@]}"; do
  read -r network name attachable internal <<<"$change"
  found=$(users "$network" | listed)
  [ -n "$found" ] || continue
  refused=1
  echo "$name: would have to be removed, but is in use by $found;" \
    "remove them from it first, or restore $SETTINGS (the network has attachable: $attachable, internal: $internal)" >&2
done
exit "$refused"
