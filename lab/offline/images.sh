#!/usr/bin/env bash
# Builds the images of services and pushes them to the lab's registry, where their content changed: images.sh [NAME]...
# Each folder lab/offline/NAME with a file `image` (its name in the registry) and a Dockerfile is one; recipe.sh, if it has
# one, builds the program that the Dockerfile copies.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

OFFLINE=$CHECKOUT/lab/offline
PUSHED=$CACHE/registry/data/pushed # in the registry's data: gone when they are

push() { # NAME
  local folder=$OFFLINE/$1 context=$OFFLINE/$1 image key
  image=$(<"$folder/image")
  if [[ -f $folder/recipe.sh ]]; then context=$("$OFFLINE/build.sh" "$1"); fi
  key=$(hash_of "$folder")-${context##*/}
  [[ $(cat "$PUSHED/$1" 2>/dev/null) != "$key" ]] || return 0
  say "building and pushing the image $image"
  "$CHECKOUT/lab/machine/build.sh" # certificates come from there
  local name=$REGISTRY/$image
  docker build --quiet --file "$folder/Dockerfile" --build-arg "PLAIN=$PLAIN" --tag "$name" "$context" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
  docker push --quiet "$name" >/dev/null ||
    fail "docker could not push $name: the engine must list $REGISTRY as an insecure registry (the lab's own engine does)"
  docker image rm "$name" >/dev/null
  mkdir -p "$PUSHED"
  printf '%s\n' "$key" >"$PUSHED/$1"
}

all() { for name in "$@"; do push "$name"; done; }

use_engine
PLAIN=$("$CHECKOUT/lab/machine/build.sh" tags | head -n 1)
if [[ $# == 0 ]]; then
  for file in "$OFFLINE"/*/image; do
    folder=${file%/image}
    set -- "$@" "${folder##*/}"
  done
fi
locked images all "$@"
