#!/bin/sh
# Prints a line for each container of a service on this machine: the service, whether the root is read-only, and the
# bounding set of capabilities.
set -eu
for container in $(docker ps --quiet --filter label=com.docker.swarm.service.name); do
  docker inspect "$container" --format \
    '{{index .Config.Labels "com.docker.swarm.service.name"}} {{.HostConfig.ReadonlyRootfs}} {{.State.Pid}}'
done | while read -r service readonly pid; do
  echo "$service $readonly $(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$pid/status")"
done
