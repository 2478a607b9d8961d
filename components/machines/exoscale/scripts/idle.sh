#!/usr/bin/env bash
# Runs on a manager: stops the services of this program, as LABEL tells ("key=value"), that use one of the FOLDERS on
# MACHINE, which are about to go to another one. They start again there, as the update describes them then.
set -euo pipefail
: "${MACHINE:?}" "${FOLDERS:?}" "${LABEL:?}"

patience_s=60

# constraint_for_machine: names of services with one task, which is on MACHINE for the sake of one of the FOLDERS
constraint_for_machine() {
  local ids folder
  ids=$(docker service ls --quiet --filter "label=$LABEL" --filter mode=replicated)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # ids have no spaces
  docker service inspect $ids --format '{{.Spec.Name}} {{range .Spec.TaskTemplate.Placement.Constraints}}{{.}},{{end}} {{range .Spec.TaskTemplate.ContainerSpec.Mounts}}{{.Source}} {{end}}' |
    while read -r name constraints mounts; do
      [[ ,$constraints == *"==$MACHINE,"* ]] || continue
      for folder in $FOLDERS; do
        if [[ " $mounts " == *" $folder "* || " $mounts " == *" $folder/"* ]]; then echo "$name" && break; fi
      done
    done
}

running() { docker service ps "$1" --filter desired-state=running --quiet 2>/dev/null | grep .; }

mapfile -t services < <(constraint_for_machine)
for service in "${services[@]}"; do docker service update --detach --replicas 0 "$service" >/dev/null; done
deadline=$((SECONDS + patience_s))
for service in "${services[@]}"; do
  while running "$service" >/dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || { echo "$service: still runs after $patience_s s" >&2 && exit 1; }
    sleep 0.5
  done
done
