#!/usr/bin/env bash
# Builds the images of local machines where the engine lacks them: build.sh. `build.sh tags` prints their names only,
# `build.sh plain SYSTEM` builds a fresh system of that name, such as ubuntu-24.04, and prints its name.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/proxy.sh"
source "$CHECKOUT/local/systems.sh"

MACHINE=$CHECKOUT/local
TAG=$(hash_of "$MACHINE/Dockerfile" "$MACHINE/files")
ENGINE=$(machine_engine)

# engine_key: what else than the Dockerfile decides which engine a machine has.
engine_key() {
  local repository=''
  if [[ $ENGINE != 28.5 ]]; then echo "$ENGINE"; return; fi
  if offline; then repository=-$(basename "$("$CHECKOUT/offline/repository.sh" url)"); fi
  echo "$MACHINE_ENGINE_VERSION$repository"
}

# system: of the machines, whose packages have the engine.
system() { if [[ $ENGINE == 26.1 ]]; then echo debian-13; else echo debian-12; fi; }

# plain SYSTEM: the name of its image
plain() { if [[ $1 == debian-12 ]]; then echo "nuvla-swarm/plain:$TAG"; else echo "nuvla-swarm/plain:$TAG-$1"; fi; }

tags() { printf '%s\n' "$(plain "$(system)")" "nuvla-swarm/probe:$TAG" "nuvla-swarm/machine:$TAG-$(engine_key)"; }

build() { # IMAGE TARGET SYSTEM [OPTION]...
  local image=$1 target=$2 system=$3
  shift 3
  if docker image inspect "$image" >/dev/null 2>&1; then return; fi
  if offline; then "$CHECKOUT/offline/base.sh" "$system"; fi
  say "building the image $image: about a minute"
  docker build --quiet --target "$target" --tag "$image" --build-arg "BASE=$(base_of "$system")" "${PROXY[@]}" "$@" "$MACHINE" >/dev/null ||
    fail "docker could not build $image; the lines above say why"
}

every() {
  local images options=()
  mapfile -t images < <(tags)
  case $ENGINE in
    26.1) options=(--build-arg "ENGINE_PACKAGES=docker.io docker-cli") ;; # the client has a package of its own there
    28.5)
      options=(
        --build-arg "ENGINE_REPOSITORY=$(engine_repository)" --build-arg "ENGINE_VERSION=$MACHINE_ENGINE_VERSION"
        --build-arg "CONTAINERD_VERSION=$MACHINE_CONTAINERD_VERSION" --build-arg "no_proxy=$REGISTRY_IP"
      )
      ;;
  esac
  build "${images[0]}" plain "$(system)"
  build "${images[1]}" probe debian-12
  build "${images[2]}" machine "$(system)" "${options[@]}"
}

engine_repository() {
  if offline; then "$CHECKOUT/offline/repository.sh" url; else echo https://download.docker.com; fi
}

case ${1:-} in
  '')
    use_engine
    locked machine-image every
    ;;
  tags) tags ;;
  plain)
    suite_of "${2:-}" >/dev/null
    use_engine
    locked machine-image build "$(plain "$2")" plain "$2"
    plain "$2"
    ;;
  *) fail "usage: build.sh [tags | plain SYSTEM]" ;;
esac
