#!/usr/bin/env bash
# Runs on a manager, for the member NODE, which is to restart or to be rebuilt. With the functions of nodes.sh and tasks.sh.
#   empty   lets its tasks run elsewhere before they end here: services get spare tasks until then. One that keeps data on
#           this machine, or whose tasks no other machine takes, stops with the machine and comes back here
#   refill  lets it have tasks as before, and waits until all services run that ran
#   leave   as `empty`, for a machine that comes back with another disk: nothing is kept for it
# shellcheck disable=SC2154 # those are variables of nodes.sh and tasks.sh
set -euo pipefail
: "${NODE:?}" "${NAME_LABEL:?}"

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
      "$(errors_of "$one" | head -1); see 'docker service ps $(name_of "$one")' on a manager, and run 'pulumi up' again"
    exit 1
  done
  update_node "$NODE" "$id" --label-rm "$left"
}

leave() {
  local id
  id=$(node_of_machine)
  if [ -n "$id" ]; then leave_node "$id"; fi
}

case "$1" in
  empty) empty ;;
  refill) refill ;;
  leave) leave ;;
esac
