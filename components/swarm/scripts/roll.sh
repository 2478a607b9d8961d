#!/usr/bin/env bash
# Runs on a manager, for the member NODE, which is to restart or to be rebuilt. With the functions of nodes.sh and tasks.sh.
#   empty   lets its tasks run elsewhere before they end here: services get spare tasks until then. One that keeps data on
#           this machine, or whose tasks no other machine takes, stops with the machine and comes back here
#   refill  lets it have tasks as before, and waits until all services run that ran
#   leave   as `empty`, for a machine that comes back with another disk: nothing is kept for it
#   reach   waits until the Traefik of this manager, which is NODE, can connect to each task that it serves
# shellcheck disable=SC2154 # those are variables of nodes.sh and tasks.sh
set -euo pipefail
: "${NODE:?}" "${NAME_LABEL:?}"

given_up=/run/nuvla-swarm-unreached # services for which an update has ended, sorted
connect_s=4 # longer than the kernel takes until it says that nobody has an address

empty() {
  local id before services spares
  take_turn
  remove_all_spares
  id=$(node_of_machine)
  if [ -z "$id" ] || is_alone; then return 0; fi
  await "$settle_s" is_settled "$id" || true
  before=$(node "$id" "index .Spec.Labels \"$left\"")
  [ -n "$before" ] || before="$(node "$id" .Spec.Availability)$(complete_on "$id")"
  update_node "$NODE" "$id" --label-add "$left=$before"
  keep "$id"
  services=$(movable "$id")
  if [ -z "$services" ]; then return 0; fi
  move_away "$id" "$services"
  spares=$(labelled "$spare")
  if [ -z "$spares" ]; then # nothing moves: what stays is better off without a drain that a killed run would leave
    update_node "$NODE" "$id" --availability "${before%% *}"
    return 0
  fi
  drain_emptied "$id"
}

refill() {
  local id before one
  take_turn
  before=$(emptied)
  if [ -z "$before" ]; then
    release_kept
    return 0
  fi
  await "$start_patience_s" is_back || { say "is not ready $start_patience_s s after its restart; see 'journalctl -u docker' there" && exit 1; }
  id=$(node_of_machine)
  before=$(node "$id" "index .Spec.Labels \"$left\"")
  update_node "$NODE" "$id" --availability "${before%% *}"
  release_kept
  remove_all_spares
  read -r _ before <<<"$before"
  for one in $before; do
    await "$start_patience_s" is_as_before "$one" && continue
    say "$(name_of "$one") has not all its tasks $start_patience_s s after $NODE is back:" \
      "$(errors_of "$one" | head -1); see 'docker service ps $(name_of "$one")' on a manager, and run 'make up' again"
    exit 1
  done
  update_node "$NODE" "$id" --label-rm "$left"
}

leave() {
  local id
  id=$(node_of_machine)
  if [ -n "$id" ]; then leave_node "$id"; fi
}

# ports: a line per service that Traefik serves: "<service> <name> <port>". Whoever deploys applications writes the labels:
# Docker quotes them, so that none is more than a word, and what is no port is none of Traefik's either.
ports() {
  local ids labels
  ids=$(ask service ls --quiet) || return
  if [ -z "$ids" ]; then return 0; fi
  # shellcheck disable=SC2016 # these are Docker's own
  labels='{{range $label, $value := .Spec.Labels}}{{println $.ID $.Spec.Name (printf "%q %q" $label $value)}}{{end}}'
  # shellcheck disable=SC2086 # ids have no spaces
  docker service inspect $ids --format "$labels" |
    awk 'NF == 4 && $3 ~ /^"traefik\.(http|tcp)\..*\.loadbalancer\.server\.port"$/ && $4 ~ /^"[0-9]+"$/ {
      port = substr($4, 2, length($4) - 2) + 0
      if (port > 0 && port < 65536) print $1, $2, port
    }' | sort -u
}

# addresses SERVICE...: a line per running task and address of it: "<service> <network> <address>"
addresses() {
  local ids found
  if [ $# -eq 0 ]; then return 0; fi
  ids=$(ask service ps "$@" --quiet --no-trunc --filter desired-state=running) || return
  if [ -z "$ids" ]; then return 0; fi
  # shellcheck disable=SC2016 # these are Docker's own
  found='{{if eq .Status.State "running"}}{{range $one := .NetworksAttachments}}{{range .Addresses -}}
    {{println $.ServiceID $one.Network.ID .}}{{end}}{{end}}{{end}}'
  # shellcheck disable=SC2086 # ids have no spaces
  docker inspect --type task $ids --format "$found" | sed 's|/[0-9]*$||'
}

# connects ADDRESS PORT: whether there is a container, which may refuse the connection: its health is another matter.
connects() {
  local said
  # shellcheck disable=SC2016 # what it is given is no part of the command
  said=$(timeout "$connect_s" bash -c 'exec 3<>"/dev/tcp/$1/$2"' _ "$1" "$2" 2>&1) || [[ $said == *"Connection refused"* ]]
}
told() { connects "$2" "$3" || echo "$1 $2"; }
export -f connects told
export connect_s LC_ALL=C

# unreached: a line per task that the Traefik of this machine, if there is one, cannot connect to: "<service> <address>". Fails
# if Docker does not say which tasks there are, as when one of them has gone by then: it is asked again. A machine that is no
# manager, as it leaves or has not joined yet, serves nobody.
unreached() {
  local manages container process networks ports addresses
  manages=$(docker info --format '{{.Swarm.ControlAvailable}}') || return
  if [ "$manages" != true ]; then return 0; fi
  container=$(docker ps --quiet --filter label=com.docker.swarm.service.name=traefik) || return
  container=${container%%$'\n'*}
  if [ -z "$container" ]; then return 0; fi
  process=$(docker inspect "$container" --format '{{.State.Pid}}') || return
  networks=$(docker inspect "$container" --format '{{range .NetworkSettings.Networks}}{{println .NetworkID}}{{end}}') || return
  ports=$(ports) || return
  # shellcheck disable=SC2046 # ids have no spaces
  addresses=$(addresses $(cut -d ' ' -f 1 <<<"$ports" | uniq)) || return
  awk 'FILENAME == ARGV[1] { on[$1]; next }
    FILENAME == ARGV[2] { port[$1] = $3; name[$1] = $2; next }
    $1 in port && $2 in on { print name[$1], $3, port[$1] }' <(echo "$networks") <(echo "$ports") <(echo "$addresses") |
    nsenter --target "$process" --net xargs --no-run-if-empty --max-procs="$most_at_once" --max-args=3 bash -c 'told "$@"' _
}

# is_reached: whether Traefik has connected to each task since it looked first, but for those of services that it could not
# connect to in an update that has ended for that.
is_reached() {
  local now
  now=$(unreached | sort) || return
  missing=$(comm -12 <(echo "${missing-$now}") <(echo "$now"))
  services=$(awk 'NF { print $1 }' <<<"$missing" | sort -u)
  [ -z "$services" ] || [ -z "$(comm -23 <(echo "$services") <(cat "$given_up" 2>/dev/null))" ]
}

# Docker says that all tasks run, and its machines may not yet have told each other on which of them each address is: that
# takes a second, or a minute and more (moby/moby#53141).
reach() {
  local missing services # unset until is_reached has looked
  if await "$start_patience_s" is_reached 2>/dev/null; then
    [ -n "$missing" ] || { rm -f "$given_up" && return; }
    say "its Traefik still cannot connect to $(head -5 <<<"$missing" | paste -sd,)"
    return
  fi
  if [ -z "${missing-}" ]; then
    unreached >/dev/null || true
    say "does not say which tasks there are; the lines above say why; run 'make up' again"
    exit 1
  fi
  echo "$services" >"$given_up"
  say "its Traefik cannot connect to $(head -5 <<<"$missing" | paste -sd,) for $start_patience_s s; run 'docker service update" \
    "--force ${services%%$'\n'*}' on a manager, and then 'make up', which goes on whether that has helped or not"
  exit 1
}

case "$1" in
  reach) reach ;;
  empty) empty ;;
  refill) refill ;;
  leave) leave ;;
esac
