#!/usr/bin/env bash
# Installs what this checkout needs on this machine, and nothing twice: setup.sh [pulumi|tools|dev|engine|images]...
# pulumi: the Pulumi CLI, whatever is on PATH. tools: the Python packages of the program, a Pulumi CLI and its plugins.
# dev: the Python packages of developers too. engine: a Docker engine. images: what local machines are made of.
# Without an argument: tools, engine and images.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# python_packages LIST...: installs those of the lists that .venv does not have as they are now.
python_packages() {
  local venv=$CHECKOUT/.venv list stale=()
  for list in "$@"; do
    [[ $(cat "$venv/.installed/${list//\//-}" 2>/dev/null) == "$(hash_of "$CHECKOUT/$list")" ]] || stale+=("$list")
  done
  [[ ${#stale[@]} -gt 0 ]] || return 0
  say "installing Python packages of ${stale[*]} into .venv: about a minute"
  command -v python3 >/dev/null || fail "python3 is not on PATH: install Python >= 3.11"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old: Python >= 3.11 is needed"
  [[ -x $venv/bin/python ]] || python3 -m venv "$venv" || fail "python3 cannot make a virtual environment: install its venv package"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "${stale[@]/#/--requirement=$CHECKOUT/}" >&2
  mkdir -p "$venv/.installed"
  for list in "${stale[@]}"; do hash_of "$CHECKOUT/$list" >"$venv/.installed/${list//\//-}"; done
}

# pulumi_on_path: whether the user's own CLI is new enough.
pulumi_on_path() {
  local found
  found=$(pulumi version 2>/dev/null) || return 1
  printf 'v%s\n%s\n' "$PULUMI_OLDEST" "$found" | sort --check=quiet --version-sort
}

checked_pulumi() { locked pulumi "$CHECKOUT/tools/pulumi.sh"; }

tools() {
  local lists=(requirements.txt)
  if offline; then lists+=(offline/requirements.txt); fi
  locked "venv-${CHECKOUT//\//_}" python_packages "${lists[@]}"
  if offline; then
    "$CHECKOUT/offline/tools.sh"
  else
    pulumi_on_path || checked_pulumi
    eval "$("$CHECKOUT/tools/env.sh")"
    local marker
    marker=$CACHE/plugins-$(hash_of "$CHECKOUT/requirements.txt")
    [[ -e $marker ]] || { pulumi install --no-dependencies --cwd "$CHECKOUT" >&2 && touch "$marker"; }
  fi
}

# dev: all lists, whatever can be reached, so that a computer without a network has them all from before.
dev() { locked "venv-${CHECKOUT//\//_}" python_packages requirements.txt requirements-dev.txt offline/requirements.txt; }

engine() {
  use_engine
  if docker version >/dev/null 2>&1; then return; fi
  if [[ -n ${DOCKER_HOST:-} && $DOCKER_HOST != "unix://$ENGINE_SOCKET" ]]; then
    fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
  fi
  if [[ $(id -u) != 0 || ! -f /etc/debian_version ]]; then
    fail "no Docker engine answers: install and start Docker, and let '$(id -un)' use it"
  fi
  "$CHECKOUT/offline/engine.sh" start
}

images() {
  use_engine
  if offline; then "$CHECKOUT/offline/base.sh"; fi
  "$CHECKOUT/local/build.sh"
  if offline; then
    "$CHECKOUT/offline/registry.sh" start
    "$CHECKOUT/offline/images.sh"
  fi
}

if [[ ${NUVLA_SWARM_OFFLINE:-auto} == auto && -z $(find "$REACHABILITY" -mmin -60 2>/dev/null) ]]; then ask_reachability; fi
if offline; then say "offline mode (NUVLA_SWARM_OFFLINE=${NUVLA_SWARM_OFFLINE:-auto}): Pulumi's installer cannot be reached, so packages of registries stand in"; fi
[[ $# -gt 0 ]] || set -- tools engine images
for part in "$@"; do
  case $part in
    pulumi) checked_pulumi ;;
    tools | dev | engine | images) "$part" ;;
    *) fail "'$part' is not a part: give any of pulumi, tools, dev, engine, images, or nothing for all" ;;
  esac
done
