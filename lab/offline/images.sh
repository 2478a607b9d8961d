#!/usr/bin/env bash
# Builds the images of services and pushes them to the lab's registry, where their content changed: images.sh [NAME]...
# Each folder lab/offline/NAME with a file `image` (its name in the registry) and a Dockerfile is one; recipe.sh, if it has
# one, builds the program that the Dockerfile copies.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

OFFLINE=$CHECKOUT/lab/offline

# digest IMAGE TAG: what the registry has under that name; nothing if it has none.
digest() {
  curl --silent --noproxy '*' --max-time 5 --head --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://$REGISTRY/v2/$1/manifests/$2" | tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" {print $2}'
}

push() { # NAME
  local folder=$OFFLINE/$1 context=$OFFLINE/$1 image key pushed
  image=$(<"$folder/image")
  if [[ -f $folder/recipe.sh ]]; then context=$("$OFFLINE/build.sh" "$1"); fi
  # A second tag names the content, so that the registry itself tells what it has.
  key=content-$({ hash_of "$folder" && basename "$context"; } | sha256sum | cut -c1-12)
  local name=${image%:*} tag=${image##*:} known
  known=$(digest "$name" "$key")
  if [[ -n $known && $known == "$(digest "$name" "$tag")" ]]; then return; fi
  say "building and pushing the image $image"
  "$CHECKOUT/lab/machine/build.sh" # certificates come from there
  docker build --quiet --file "$folder/Dockerfile" --build-arg "PLAIN=$PLAIN" --tag "$REGISTRY/$name:$key" "$context" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
  docker tag "$REGISTRY/$name:$key" "$REGISTRY/$name:$tag"
  for pushed in "$key" "$tag"; do
    docker push --quiet "$REGISTRY/$name:$pushed" >/dev/null ||
      fail "docker could not push to $REGISTRY: the engine must list it as an insecure registry (the lab's own engine does)"
    docker image rm "$REGISTRY/$name:$pushed" >/dev/null
  done
}

all() { local name; for name in "$@"; do push "$name"; done; }

use_engine
PLAIN=$("$CHECKOUT/lab/machine/build.sh" tags | sed -n 1p)
if [[ $# == 0 ]]; then
  for file in "$OFFLINE"/*/image; do
    folder=${file%/image}
    set -- "$@" "${folder##*/}"
  done
fi
locked images all "$@"
