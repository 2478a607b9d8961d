#!/usr/bin/env bash
# Restarts cAdvisor without Docker's API. Prints the id of the new container.
set -euo pipefail

socket=/var/lib/docker/volumes/docker-proxy/_data/docker.sock
mv "$socket" "$socket.hidden"
trap 'mv "$socket.hidden" "$socket"' EXIT
docker kill "$(docker ps --quiet --filter name=cadvisor.)" >/dev/null
for _ in {1..300}; do
  started=$(docker ps --quiet --filter name=cadvisor.)
  if [ -n "$started" ] && [[ "$(docker logs "$started" 2>&1)" == *"Registration of the docker container factory failed"* ]]; then
    echo "$started"
    exit 0
  fi
  sleep 0.1
done
echo "cAdvisor did not start without Docker's API within 30 s" >&2
exit 1
