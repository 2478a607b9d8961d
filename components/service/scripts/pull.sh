#!/usr/bin/env bash
# Runs on a manager: pulls IMAGE unless it is there, and prints it with the digest that it has in its registry.
set -euo pipefail
: "${IMAGE:?}"

if ! docker image inspect "$IMAGE" >/dev/null 2>&1 && ! docker pull --quiet "$IMAGE" >/dev/null; then
  echo "$(hostname): the image $IMAGE cannot be pulled; see the line above." >&2
  echo "Check its name in the setting images.*, or that the machine reaches its registry (engine.registry_mirrors)." >&2
  exit 1
fi
case "$IMAGE" in
  *@sha256:*) echo "$IMAGE" ;;
  *)
    digest=$(docker image inspect "$IMAGE" --format '{{range .RepoDigests}}{{println .}}{{end}}' | sed -n '1s/.*@/@/p')
    echo "$IMAGE$digest"
    ;;
esac
