#!/usr/bin/env bash
# Runs on a manager: waits until SERVICE runs, healthy and as it is now described, on every machine that it fits.
set -euo pipefail
: "${SERVICE:?}"

patience_s=300
interval_s=0.3
tries=3        # failures of one task, and
give_up_s=20   # this long, before it is given up: a machine that just came up makes some by itself

fail() {
  echo "$SERVICE: $*" >&2
  docker service ps "$SERVICE" --no-trunc --format '  {{.Name}} on {{.Node}}: {{.CurrentState}} {{.Error}}' | sed -n 1,5p >&2
  exit 1
}

# One line per task that is, or was, as now described: "<slot, or node> <desired state> <state> <error>"
tasks() {
  local described='{{json .ContainerSpec}}{{json .Resources}}{{json .Placement}}' ids
  local task='{{if .Slot}}{{.Slot}}{{else}}{{.NodeID}}{{end}} {{.DesiredState}} {{.Status.State}} {{.Status.Err}}'
  ids=$(docker service ps "$SERVICE" --quiet --no-trunc)
  [ -n "$ids" ] || return 0
  wanted=$(docker service inspect "$SERVICE" --format "{{with .Spec.TaskTemplate}}$described{{end}}")
  export wanted
  # A task may be gone by now; the next look sees what replaced it.
  # shellcheck disable=SC2086 # ids have no spaces
  { docker inspect --type task --format "{{with .Spec}}$described{{end}}	$task" $ids 2>/dev/null || true; } | awk -F '\t' '$1 == ENVIRON["wanted"] {print $2}'
}

# Whether one of the tasks fails again and again; a node that is being promoted rejects some, which says nothing.
hopeless() {
  awk -v tries="$tries" '
    $3 == "running" {runs[$1] = 1}
    $3 ~ /^(failed|rejected)$/ && !/no longer meets constraints/ {failures[$1]++}
    END {for (slot in failures) if (failures[slot] >= tries && !runs[slot]) found = 1; exit !found}'
}

deadline=$((SECONDS + patience_s))
while true; do
  update=$(docker service inspect "$SERVICE" --format '{{with .UpdateStatus}}{{.State}}{{end}}')
  case "$update" in
    paused | rollback_*) fail "its update did not succeed ($update); the tasks say why:" ;;
  esac
  current=$(tasks)
  [ "$SECONDS" -lt "$give_up_s" ] || ! hopeless <<<"$current" || fail "does not start; the tasks say why:"
  complete=$(docker service ls --filter "name=$SERVICE" --format '{{.Name}} {{.Replicas}}' |
    awk -v name="$SERVICE" '$1 == name {split($2, count, "/"); print count[2]}')
  running=$(grep -c ' running running ' <<<"$current" || true)
  if [ "$running" -gt 0 ] && [ "$running" = "$complete" ]; then exit 0; fi
  [ "$SECONDS" -lt "$deadline" ] || fail "$running of $complete tasks are healthy after $patience_s s; the tasks say why:"
  sleep "$interval_s"
done
