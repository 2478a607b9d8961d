#!/usr/bin/env bash
# Runs on a manager, for the member NODE_ID.
#   activate   waits until it is ready; gives it its ROLE, its LABELS ("key=value" lines) and its AVAILABILITY
#   drain      makes it a worker without tasks
set -euo pipefail
: "${NODE:?}" "${NODE_ID:?}" "${ROLE:?}" "${AVAILABILITY:?}" "${LABELS?}"

patience_s=60
interval_s=0.2

node() { docker node inspect "$NODE_ID" --format "{{$1}}"; }
known() { docker node inspect "$NODE_ID" >/dev/null 2>&1; }
ready() { [ "$(node .Status.State 2>/dev/null)" = ready ]; }
idle() {
  local states
  states=$(docker node ps "$NODE_ID" --format '{{.CurrentState}}') || return 1
  ! grep -q '^Running' <<<"$states"
}

# update OPTION...: of the node; again if somebody else's update came between.
update() {
  local answer deadline=$((SECONDS + patience_s))
  until answer=$(docker node update "$@" "$NODE_ID" 2>&1); do
    if [[ $answer != *"update out of sequence"* || $SECONDS -ge $deadline ]]; then
      echo "$NODE: $answer" >&2
      return 1
    fi
    sleep "$interval_s"
  done
}

# await CONDITION: polls for patience_s at the most
await() {
  local deadline=$((SECONDS + patience_s))
  until "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep "$interval_s"
  done
}

drain() {
  if [ "$(docker info --format '{{.Swarm.NodeID}}')" = "$NODE_ID" ]; then
    if [ "$(docker node ls --quiet | wc -l)" = 1 ]; then return 0; fi # the swarm ends with it
    echo "$NODE: has been swarm.entry until now and cannot remove itself;" \
      "keep it for one 'pulumi up' with another swarm.entry, then remove it" >&2
    exit 1
  fi
  if ! known; then return 0; fi
  update --availability drain
  if ready && ! await idle; then
    echo "$NODE: still runs after ${patience_s} s:" >&2
    docker node ps "$NODE_ID" --format '{{.Name}} {{.Image}} {{.CurrentState}}' | grep ' Running' >&2
    exit 1
  fi
  [ "$(node .Spec.Role)" = worker ] || update --role worker
}

# shellcheck disable=SC2016 # the template's variables, not the shell's
activate() {
  if ! await ready; then
    echo "$NODE: is not ready after ${patience_s} s: $(node '.Status.State}} {{.Status.Message' 2>&1)" >&2
    echo "$NODE: see 'journalctl -u docker' there; open 2377/tcp, 7946/tcp+udp and 4789/udp between machines" >&2
    exit 1
  fi
  local options=(--role "$ROLE" --availability "$AVAILABILITY") key
  while IFS= read -r key; do
    [ -z "$key" ] || [[ $'\n'$LABELS == *$'\n'"$key="* ]] || options+=(--label-rm "$key")
  done < <(node 'range $key, $value := .Spec.Labels}}{{$key}}{{"\n"}}{{end')
  while IFS= read -r key; do
    [ -z "$key" ] || options+=(--label-add "$key")
  done <<<"$LABELS"
  update "${options[@]}"
}

case "$1" in
  activate) activate ;;
  drain) drain ;;
esac
