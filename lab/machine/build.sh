#!/usr/bin/env bash
# Builds the images of local machines where the engine lacks them: build.sh. `build.sh tags` prints their names only.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

MACHINE=$CHECKOUT/lab/machine
TAG=$(hash_of "$MACHINE/Dockerfile" "$MACHINE/files")

build() { # TARGET
  local image=nuvla-swarm/$1:$TAG
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  say "building the image $image: about a minute"
  local proxy='' arguments=()
  # Only for the build: a predefined argument is not kept in the image.
  if command -v apt-config >/dev/null; then eval "$(apt-config shell proxy Acquire::http::Proxy)"; fi
  if [[ -n $proxy ]]; then arguments+=(--build-arg "http_proxy=$proxy"); fi
  docker build --quiet --target "$1" --tag "$image" "${arguments[@]}" "$MACHINE" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
}

both() { build plain && build machine; }

if [[ ${1:-} == tags ]]; then
  printf '%s\n' "nuvla-swarm/plain:$TAG" "nuvla-swarm/machine:$TAG"
  exit
fi
use_engine
locked machine-image both
