#!/usr/bin/env bash
# Builds the images of services and pushes them to the local registry, where their content changed: images.sh [NAME]...
# Each folder offline/builds/NAME or offline/images/NAME with a file `image` (its name in the registry) and a Dockerfile is one; recipe.sh, if it has
# one, builds the programs that the Dockerfile copies. They stand on the image of the folder `tools`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/proxy.sh"

OFFLINE=$CHECKOUT/offline
IMAGES=$OFFLINE/images
TOOLS=nuvla-swarm/tools:$(hash_of "$IMAGES/tools")

build_image() { # TAG FOLDER CONTEXT
  docker build --quiet --file "$2/Dockerfile" --build-arg "TOOLS=$TOOLS" "${PROXY[@]}" --tag "$1" "$3" >/dev/null ||
    fail "docker could not build the image of ${2##*/}; the lines above say why"
}

# key_of NAME: a second tag, of what the image is made from, so that the registry itself tells what it has.
key_of() { printf 'content-%s\n' "$({ hash_of "$IMAGES/$1" "$IMAGES/tools" && printf '%s\n' "$GO"; } | sha256sum | cut -c1-12)"; }

# digests IMAGE:TAG...: one line each of what the registry has under that name, empty if it has none.
digests() {
  curl --silent --noproxy '*' --max-time 5 --head --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    --write-out 'digest %header{docker-content-digest}\n' "${@/#/"http://$REGISTRY/v2/"}" | sed -n 's/^digest *//p'
}

# stale NAME...: those whose name does not stand for their content in the registry.
stale() {
  local name image addresses=() found i=0
  for name in "$@"; do
    image=$(<"$IMAGES/$name/image")
    addresses+=("${image%:*}/manifests/${image##*:}" "${image%:*}/manifests/$(key_of "$name")")
  done
  mapfile -t found < <(digests "${addresses[@]}")
  for name in "$@"; do
    [[ -n ${found[i]:-} && ${found[i]} == "${found[i + 1]:-}" ]] || printf '%s\n' "$name"
    i=$((i + 2))
  done
}

push() { # NAME
  local folder=$IMAGES/$1 context=$IMAGES/$1 image name tag
  image=$(<"$folder/image")
  name=$REGISTRY/${image%:*}
  if [[ -f $folder/recipe.sh ]]; then context=$("$OFFLINE/build.sh" "$1"); fi
  say "building and pushing the image $image"
  build_image "$name:${image##*:}" "$folder" "$context"
  docker tag "$name:${image##*:}" "$name:$(key_of "$1")"
  for tag in "${image##*:}" "$(key_of "$1")"; do
    docker push --quiet "$name:$tag" >/dev/null ||
      fail "docker could not push to $REGISTRY: the engine must list it as an insecure registry (the embedded engine does)"
    docker image rm "$name:$tag" >/dev/null
  done
}

# push_all NAME...: two at a time, because a layer is compressed by one processor; programs are built one by one.
push_all() {
  local name pid pids=()
  docker image inspect "$TOOLS" >/dev/null 2>&1 || build_image "$TOOLS" "$IMAGES/tools" "$IMAGES/tools"
  for name in "$@"; do
    if [[ -f $IMAGES/$name/recipe.sh ]]; then "$OFFLINE/build.sh" "$name" >/dev/null; fi
    [[ ${#pids[@]} -lt 2 ]] || wait "${pids[-2]}"
    push "$name" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}

all() {
  local names
  mapfile -t names < <(stale "$@")
  if [[ ${#names[@]} -gt 0 ]]; then push_all "${names[@]}"; fi
}

use_engine
GO=$(go env GOVERSION)
if [[ $# == 0 ]]; then
  for file in "$IMAGES"/*/image; do
    folder=${file%/image}
    set -- "$@" "${folder##*/}"
  done
fi
locked images all "$@"
