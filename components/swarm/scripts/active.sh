#!/usr/bin/env bash
# Runs on a manager, for the member NODE_ID, which is the machine NODE. With the functions of nodes.sh and tasks.sh.
#   activate   waits until it is ready; gives it its ROLE, its LABELS ("key=value" lines) and its AVAILABILITY; before a
#              drain, other machines start what runs there. Labels and availability that others gave it since stay: a label
#              says which are this program's
#   drain      makes it a worker without tasks
# shellcheck disable=SC2154 # $patience_s is that of nodes.sh
set -euo pipefail
: "${NODE:?}" "${NODE_ID:?}" "${NAME_LABEL:?}" "${ROLE:?}" "${AVAILABILITY:?}" "${LABELS?}"

given=nuvla-swarm.given # label with what this program gave it last: "<availability> <key> <key>..."

drain() {
  if [ "$(own_id)" = "$NODE_ID" ]; then
    if [ "$(docker node ls --quiet | wc -l)" = 1 ]; then return 0; fi # the swarm ends with it
    echo "$NODE: is swarm.api_manager, through which the program works, and cannot remove itself; in two steps: set" \
      "swarm.api_manager to another manager and keep $NODE, run 'make up'; then change $NODE, and run 'make up' again" >&2
    exit 1
  fi
  if ! known "$NODE_ID"; then return 0; fi
  leave_node "$NODE_ID"
  demote_node "$NODE" "$NODE_ID"
}

activate() {
  if ! await "$patience_s" is_ready "$NODE_ID"; then
    echo "$NODE: is not ready after ${patience_s} s: $(node "$NODE_ID" '.Status.State}} {{.Status.Message' 2>&1)" >&2
    echo "$NODE: see 'journalctl -u docker' there; open 2377/tcp, 7946/tcp+udp and 4789/udp between machines" >&2
    exit 1
  fi
  local namesakes before availability options=(--role "$ROLE") keys=() key id
  before=$(node "$NODE_ID" "index .Spec.Labels \"$given\"")
  read -r availability before <<<"$before" || true
  if [ "$availability" != "$AVAILABILITY" ]; then
    if [ "$AVAILABILITY" = drain ]; then leave_node "$NODE_ID"; fi
    options+=(--availability "$AVAILABILITY")
  fi
  for key in $before; do
    [[ $'\n'$LABELS == *$'\n'"$key="* ]] || options+=(--label-rm "$key")
  done
  while IFS= read -r key; do
    if [ -n "$key" ]; then options+=(--label-add "$key") && keys+=("${key%%=*}"); fi
  done <<<"$LABELS"
  update_node "$NODE" "$NODE_ID" "${options[@]}" --label-add "$given=$AVAILABILITY ${keys[*]}"
  namesakes=$(namesakes "$NODE" "$NODE_ID")
  while read -r id _; do
    if [ -n "$id" ]; then forget_node "$NODE" "$id"; fi
  done <<<"$namesakes"
}

case "$1" in
  activate) activate ;;
  drain) drain ;;
esac
