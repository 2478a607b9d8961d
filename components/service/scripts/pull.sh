#!/usr/bin/env bash
# Runs on a manager: prints IMAGE with the digest that SERVICE has of it already, or else with that in its registry. Pulls
# it too where services run already, so that an update stops none of them for longer than their new containers take to
# start. CLIENT_CONFIG, a config.json of Docker's client, and LOGIN_HEADER, a header for Docker's API, have the login to a
# private registry, or are empty.
set -euo pipefail
: "${IMAGE:?}" "${SERVICE:?}" "${CLIENT_CONFIG?}" "${LOGIN_HEADER?}"

login=/run/nuvla-swarm-login-$SERVICE # of this run alone, and out of every command line
headers=()

say() { echo "$(hostname): $*" >&2; }

forget_login() { rm -rf "$login"; }

use_login() {
  [ -n "$CLIENT_CONFIG" ] || return 0
  trap forget_login EXIT
  install -d -m 0700 "$login"
  printf '%s' "$CLIENT_CONFIG" >"$login/config.json"
  printf '%s\n' "$LOGIN_HEADER" >"$login/header"
  export DOCKER_CONFIG=$login
  headers=(--header "@$login/header")
}

# in_use: a tag means something else from time to time, and that is no reason to change a service.
in_use() {
  local used
  if used=$(docker service inspect "$SERVICE" --format '{{.Spec.TaskTemplate.ContainerSpec.Image}}' 2>&1); then
    if [[ $used == "$IMAGE"@sha256:* ]]; then echo "${used#"$IMAGE"}"; fi
  elif [[ ! $used =~ (no such service|not a swarm manager) ]]; then
    say "the swarm does not tell which image $SERVICE has: $used"
    return 1
  fi
}

# from_registry: the digest, which the engine gets from the registry or its mirror without the image itself.
from_registry() {
  curl --silent --fail --max-time 120 "${headers[@]}" --unix-socket /var/run/docker.sock --noproxy '*' "http://localhost/distribution/$IMAGE/json" |
    sed -n 's/.*"digest":"\([^"]*\)".*/@\1/p'
}

from_image() { docker image inspect "$IMAGE" --format '{{range .RepoDigests}}{{println .}}{{end}}' | sed -n '1s/.*@/@/p'; }

pull() {
  if ! docker image inspect "$IMAGE" >/dev/null 2>&1 && ! docker pull --quiet "$IMAGE" >/dev/null; then
    say "the image $IMAGE cannot be pulled; see the line above."
    echo "Check its name in the setting images.*, or that the machine reaches its registry (engine.registry_mirrors) and may pull there (engine.registries)." >&2
    exit 1
  fi
}

runs_services() { [ -n "$(docker service ls --quiet 2>/dev/null)" ]; }

forget_login # of a run that was killed
use_login
case "$IMAGE" in
  *@sha256:*)
    if runs_services; then pull; fi
    digest=''
    ;;
  *)
    digest=$(in_use)
    if [ -z "$digest" ]; then
      digest=$(from_registry || true) # none for an image that is on this machine alone, or nowhere
      if [ -z "$digest" ] || runs_services; then pull; fi
      [ -n "$digest" ] || digest=$(from_image)
    fi
    ;;
esac
echo "$IMAGE$digest"
