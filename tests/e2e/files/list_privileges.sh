#!/bin/sh
# A line for each container of the program on this machine: its service, whether its root is read-only, and the capabilities
# that it can have at all.
set -eu
for container in $(docker ps --quiet --filter label=com.docker.swarm.service.name); do
  docker inspect "$container" --format \
    '{{index .Config.Labels "com.docker.swarm.service.name"}} {{.HostConfig.ReadonlyRootfs}} {{.State.Pid}}'
done | while read -r service readonly pid; do
  echo "$service $readonly $(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$pid/status")"
done
