#!/usr/bin/env bash
# Makes what this checkout needs on this machine, and nothing twice: setup.sh [pulumi|tools|engine|images]...
# pulumi: the Pulumi CLI, whatever is on PATH. tools: Python packages, a Pulumi CLI and its plugins. engine: a Docker engine. images: what local machines are made of.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

python_packages() {
  local venv=$CHECKOUT/.venv stamp lists=("$CHECKOUT/requirements.txt")
  if offline; then lists+=("$CHECKOUT/offline/requirements.txt"); fi
  stamp=$(hash_of "${lists[@]}")
  [[ $(cat "$venv/.stamp" 2>/dev/null) != "$stamp" ]] || return 0
  say "installing Python packages into .venv: about a minute"
  command -v python3 >/dev/null || fail "python3 is not on PATH: install Python >= 3.11"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old: Python >= 3.11 is needed"
  [[ -x $venv/bin/python ]] || python3 -m venv "$venv" || fail "python3 cannot make a virtual environment: install its venv package"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "${lists[@]/#/--requirement=}" >&2
  printf '%s\n' "$stamp" >"$venv/.stamp"
}

# pulumi_on_path: whether the user's own CLI is new enough.
pulumi_on_path() {
  local found
  found=$(pulumi version 2>/dev/null) || return 1
  printf 'v%s\n%s\n' "$PULUMI_OLDEST" "$found" | sort --check=quiet --version-sort
}

checked_pulumi() { locked pulumi "$CHECKOUT/tools/pulumi.sh"; }

tools() {
  locked "venv-${CHECKOUT//\//_}" python_packages
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
    tools | engine | images) "$part" ;;
    *) fail "'$part' is not a part: give any of pulumi, tools, engine, images, or nothing for all" ;;
  esac
done
