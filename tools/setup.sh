#!/usr/bin/env bash
# Installs what this checkout needs on this machine, and nothing twice: setup.sh [--stack NAME] [PART]...
# pulumi: the Pulumi CLI of this release, also if PATH has another one. tools: the Python packages of the program, a Pulumi CLI and its plugins.
# dev: the Python packages of developers too. engine: a Docker engine. images: the images of local machines.
# settings: the settings of local machines on this computer, in .state. endpoint: refuses a Docker engine elsewhere.
# Without a PART: tools, engine, images and settings. For a stack whose machines are not local, it installs tools and skips the parts of local machines.
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
  local options=()
  for list in "${stale[@]}"; do options+=("--requirement=$CHECKOUT/$list"); done
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "${options[@]}" >&2 ||
    fail "the Python packages cannot be installed; the lines above say why. Behind a proxy set HTTPS_PROXY"
  mkdir -p "$venv/.installed"
  for list in "${stale[@]}"; do hash_of "$CHECKOUT/$list" >"$venv/.installed/${list//\//-}"; done
}

# new_enough VERSION: whether it is PULUMI_OLDEST or a later one.
new_enough() {
  local -a found oldest
  local index
  IFS=. read -r -a found <<<"${1#v}"
  IFS=. read -r -a oldest <<<"$PULUMI_OLDEST"
  for index in 0 1 2; do
    [[ ${found[index]:-} =~ ^[0-9]+ ]] || return 1
    ((BASH_REMATCH[0] == oldest[index])) || return $((BASH_REMATCH[0] < oldest[index]))
  done
}

users_pulumi() { # whether it is there, and new enough
  local cli
  cli=$(pulumi_on_path) && new_enough "$("$cli" version 2>/dev/null)"
}

checked_pulumi() { locked pulumi "$CHECKOUT/tools/pulumi.sh"; }

# ask_again: tries once an hour whether released tools can be downloaded by now, to use these instead of stand-ins.
ask_again() {
  [[ ${NUVLA_SWARM_OFFLINE:-auto} == auto && -z $(find "$REACHABILITY" -mmin -60 2>/dev/null) ]] || return 0
  stand_ins_installed && ! released_tools_installed && ! is_remote "$STACK_NAME" || return 0
  if reachable; then
    export NUVLA_SWARM_OFFLINE=false
  else
    mkdir -p "$CACHE" && touch "$REACHABILITY"
  fi
}

# decide: settles for this run, and the scripts that it starts, whether stand-ins are used.
decide() {
  ask_again
  [[ ${NUVLA_SWARM_OFFLINE:-auto} == auto ]] || { offline || true; return 0; }
  if offline; then
    export NUVLA_SWARM_OFFLINE=true
    say "$ANSWERS_NOT: for local machines, Pulumi, its plugins and all images are built from package registries. $RETRY"
  else
    export NUVLA_SWARM_OFFLINE=false
  fi
}

tools() {
  packages requirements.txt
  decide
  if offline; then
    packages offline/requirements.txt
    "$CHECKOUT/offline/tools.sh"
    return
  fi
  users_pulumi || checked_pulumi
  plugins_installed || install_plugins
}

install_plugins() {
  local environment
  environment=$("$CHECKOUT/tools/env.sh" "$STACK_NAME") && eval "$environment"
  pulumi install --no-dependencies --cwd "$CHECKOUT" >&2 || fail "the plugins of Pulumi cannot be downloaded; the lines above say why. $ADVICE"
}

packages() { locked "venv-${CHECKOUT//\//_}" python_packages "$@"; }

# dev: all lists, whatever can be reached, so that a computer without a network has them all from before.
dev() { packages requirements.txt requirements-dev.txt offline/requirements.txt; }

python() { if [[ -x $CHECKOUT/.venv/bin/python ]]; then "$CHECKOUT/.venv/bin/python" "$@"; else python3 "$@"; fi; }

# endpoint: for a command that neither starts an engine nor makes machines.
endpoint() {
  use_engine
  if command -v docker >/dev/null; then python "$CHECKOUT/tools/local_engine.py" endpoint; fi
}

engine() {
  [[ $(uname -s) == Linux ]] ||
    fail "machines.provider: local needs Linux, as Docker on $(uname -s) runs in a virtual machine, whose containers this computer does not reach; allowed here: stacks on exoscale or existing machines, see \`make stack\`"
  use_engine
  local code=$NO_ANSWER why="docker is not on PATH"
  if command -v docker >/dev/null; then
    code=0
    why=$(python "$CHECKOUT/tools/local_engine.py") || code=$?
  fi
  case $code in
    0) return ;;
    "$NO_ANSWER") ;;
    *) exit 1 ;;
  esac
  if [[ -n ${DOCKER_HOST:-} && $DOCKER_HOST != "unix://$ENGINE_SOCKET" ]]; then
    fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
  fi
  if [[ $(id -u) != 0 || ! -f /etc/debian_version ]]; then
    fail "$why: install Docker Engine (docs.docker.com/engine/install), start it (sudo systemctl start docker), and let $(id -un) use it (sudo usermod -aG docker $(id -un), then log in again)"
  fi
  "$CHECKOUT/offline/engine.sh" start
}

images() {
  use_engine
  decide
  if offline; then
    "$CHECKOUT/offline/base.sh"
    if [[ $(machine_engine) == 28.5 ]]; then "$CHECKOUT/offline/repository.sh" start; fi
  fi
  "$CHECKOUT/local/build.sh"
  if offline; then
    "$CHECKOUT/offline/registry.sh" start
    "$CHECKOUT/offline/images.sh"
  fi
}

settings() {
  decide
  (cd "$CHECKOUT" && .venv/bin/python -m tools.computer_settings)
}

NO_ANSWER=3 # the exit code of local_engine.py

STACK_NAME=''
if [[ ${1:-} == --stack ]]; then
  STACK_NAME=${2:-}
  require_file_of "$STACK_NAME"
  if ! provider_of "$STACK_NAME" >/dev/null && "$CHECKOUT/.venv/bin/python" -c 'import yaml' 2>/dev/null; then exit 1; fi # it has said why
  shift 2
fi
[[ $# -gt 0 ]] || set -- tools engine images settings
for part in "$@"; do
  case $part in
    pulumi)
      [[ ${NUVLA_SWARM_OFFLINE:-auto} != auto ]] || export NUVLA_SWARM_OFFLINE=false # this part has no stand-ins
      checked_pulumi
      ;;
    tools | dev) "$part" ;;
    engine | images | settings | endpoint) is_remote "$STACK_NAME" || "$part" ;;
    *) fail "PART is '$part'; allowed: pulumi, tools, dev, engine, images, settings, endpoint; without a PART, all that local machines need" ;;
  esac
done
