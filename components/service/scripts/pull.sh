#!/usr/bin/env bash
# Runs on a manager: prints IMAGE with the digest that it has in its registry. Pulls it too where services run already,
# so that an update stops none of them for longer than their new containers take to start.
set -euo pipefail
: "${IMAGE:?}"

# from_registry: the digest, which the engine gets from the registry or its mirror without the image itself.
from_registry() {
  curl --silent --fail --unix-socket /var/run/docker.sock --noproxy '*' "http://localhost/distribution/$IMAGE/json" |
    sed -n 's/.*"digest":"\([^"]*\)".*/@\1/p'
}

from_image() { docker image inspect "$IMAGE" --format '{{range .RepoDigests}}{{println .}}{{end}}' | sed -n '1s/.*@/@/p'; }

pull() {
  if ! docker image inspect "$IMAGE" >/dev/null 2>&1 && ! docker pull --quiet "$IMAGE" >/dev/null; then
    echo "$(hostname): the image $IMAGE cannot be pulled; see the line above." >&2
    echo "Check its name in the setting images.*, or that the machine reaches its registry (engine.registry_mirrors)." >&2
    exit 1
  fi
}

runs_services() { [ -n "$(docker service ls --quiet 2>/dev/null)" ]; }

case "$IMAGE" in
  *@sha256:*)
    if runs_services; then pull; fi
    digest=''
    ;;
  *)
    digest=$(from_registry || true) # none for an image that is on this machine alone, or nowhere
    if [ -z "$digest" ] || runs_services; then pull; fi
    [ -n "$digest" ] || digest=$(from_image)
    ;;
esac
echo "$IMAGE$digest"
