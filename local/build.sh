#!/usr/bin/env bash
# Builds the images of local machines where the engine lacks them: build.sh. `build.sh tags` prints their names only.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/proxy.sh"

MACHINE=$CHECKOUT/local
TARGETS=(plain machine probe)
TAG=$(hash_of "$MACHINE/Dockerfile" "$MACHINE/files")

build() { # TARGET
  local image=nuvla-swarm/$1:$TAG
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  say "building the image $image: about a minute"
  docker build --quiet --target "$1" --tag "$image" "${PROXY[@]}" "$MACHINE" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
}

every() { local target; for target in "${TARGETS[@]}"; do build "$target"; done; }

if [[ ${1:-} == tags ]]; then
  printf "nuvla-swarm/%s:$TAG\n" "${TARGETS[@]}"
  exit
fi
use_engine
locked machine-image every
