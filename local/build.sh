#!/usr/bin/env bash
# Builds the images of local machines where the engine lacks them: build.sh. `build.sh tags` prints their names only.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/proxy.sh"

MACHINE=$CHECKOUT/local
TAG=$(hash_of "$MACHINE/Dockerfile" "$MACHINE/files")
ENGINE=$(machine_engine)

# engine_key: what else than the Dockerfile decides which engine a machine has.
engine_key() {
  local repository=''
  if [[ $ENGINE == 20.10 ]]; then echo 20.10; return; fi
  if offline; then repository=-$(basename "$("$CHECKOUT/offline/repository.sh" url)"); fi
  echo "$MACHINE_ENGINE_VERSION$repository"
}

tags() { printf '%s\n' "nuvla-swarm/plain:$TAG" "nuvla-swarm/probe:$TAG" "nuvla-swarm/machine:$TAG-$(engine_key)"; }

build() { # IMAGE TARGET [OPTION]...
  local image=$1 target=$2
  shift 2
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  say "building the image $image: about a minute"
  docker build --quiet --target "$target" --tag "$image" "${PROXY[@]}" "$@" "$MACHINE" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
}

every() {
  local images options=()
  mapfile -t images < <(tags)
  if [[ $ENGINE != 20.10 ]]; then
    options=(
      --build-arg "ENGINE_REPOSITORY=$(engine_repository)" --build-arg "ENGINE_VERSION=$MACHINE_ENGINE_VERSION"
      --build-arg "CONTAINERD_VERSION=$MACHINE_CONTAINERD_VERSION" --build-arg "no_proxy=$REGISTRY_IP"
    )
  fi
  build "${images[0]}" plain
  build "${images[1]}" probe
  build "${images[2]}" machine "${options[@]}"
}

engine_repository() {
  if offline; then "$CHECKOUT/offline/repository.sh" url; else echo https://download.docker.com; fi
}

if [[ ${1:-} == tags ]]; then
  tags
  exit
fi
use_engine
locked machine-image every
