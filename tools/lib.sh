# shellcheck shell=bash disable=SC2034  # what is unused here is for the scripts that source it
# What the scripts of tools/, local/ and offline/ share; sourced, never run.

if [[ -z ${HOME:-} ]]; then unset HOME && HOME=~ && export HOME; fi # jobs of cron and systemd may have none
CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${NUVLA_SWARM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nuvla-swarm}

say() { printf '%s\n' "nuvla-swarm: $*" >&2; }

fail() {
  printf '%s\n' "nuvla-swarm: error: $*" >&2
  exit 1
}

case $CHECKOUT in # what a URL of its state, or a file that remembers one, cannot have as it is
  *[\'\"\\#?%]* | *[[:cntrl:]]*) fail "the checkout's path has a quote, a line break, or one of \\ # ? %, in it: move it" ;;
esac

if command -v sha256sum >/dev/null; then SHA256=(sha256sum); else SHA256=(shasum -a 256); fi # the second: macOS

# hash_of FILE_OR_FOLDER...: 12 hex digits of the names and contents, whatever the place of the checkout.
hash_of() {
  (
    cd "$CHECKOUT" || exit
    find "${@#"$CHECKOUT/"}" -type f -not -path '*/__pycache__/*' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 "${SHA256[@]}" |
      "${SHA256[@]}" | cut -c1-12
  )
}

# locked NAME COMMAND...: runs the command while nothing else of that name runs, on this cache.
locked() {
  local name=$1
  shift
  mkdir -p "$CACHE/locks"
  (
    if command -v flock >/dev/null; then flock 9; else python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'; fi
    "$@" 9>&- # a daemon that the command starts must not keep the lock
  ) 9>"$CACHE/locks/$name"
}

# stacks: the names of the stacks that have a file of settings, in one line.
stacks() {
  local file list=''
  for file in "$CHECKOUT"/Pulumi.*.yaml; do
    [[ ! -f $file ]] || { file=${file##*/Pulumi.} && list+=", ${file%.yaml}"; }
  done
  printf '%s' "${list#, }"
}

# require_file_of STACK: ends the script where the stack, such as `prod` or `acme/prod`, has no file of settings.
require_file_of() {
  local name=${1##*/} form='^([A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,2}[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'
  [[ ${1:-} =~ $form ]] ||
    fail "STACK is '$1'; allowed: letters, digits, '.', '_' and '-', perhaps after an organization, such as acme/prod; stacks with a file: $(stacks)"
  [[ -f $CHECKOUT/Pulumi.$name.yaml ]] ||
    fail "there is no Pulumi.$name.yaml; stacks with a file: $(stacks). To create it: make stack NAME=$name FROM=exoscale-target"
}

# detached COMMAND...: runs the command, of which a daemon stays, without any file that is open here, such as a lock.
detached() {
  (
    for file in /proc/"$BASHPID"/fd/*; do
      file=${file##*/}
      if ((file > 2)); then eval "exec $file>&-"; fi
    done
    exec "$@"
  )
}

# wait_for SECONDS COMMAND...: until the command succeeds, at most that long.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# as_root COMMAND...: runs the command as root, in CI by sudo. Elsewhere nobody is made root who is not.
as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    [[ ${CI:-} == true ]] && sudo --non-interactive "$@"
  fi
}

# debian_install PACKAGE...: installs what is missing, without starting any service of the packages.
debian_install() {
  { [[ -f /etc/debian_version ]] && as_root true; } || fail "$* is missing: install it with the package manager of this system"
  local policy=/usr/sbin/policy-rc.d made=false result=0 log
  log=$(mktemp)
  say "installing Debian's $*"
  if [[ ! -e $policy ]]; then
    made=true
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 0755 "$policy"
  fi
  { as_root apt-get update && as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1 || result=$?
  if $made; then as_root rm -f "$policy"; fi
  [[ $result == 0 ]] || { tail -20 "$log" >&2 && fail "apt-get could not install $*; the lines above say why"; }
  rm -f "$log"
}

# offline: whether packages of registries stand in for downloads, which NUVLA_SWARM_OFFLINE says. By default they do only
# if Pulumi is not installed, its installer does not answer, and no stack whose machines are not local would run on them.
offline() {
  case ${NUVLA_SWARM_OFFLINE:-auto} in
    true) return 0 ;;
    false) return 1 ;;
    auto) ! released_tools_installed && ! is_remote "${STACK_NAME:-}" && { stand_ins_installed || ! reachable; } ;;
    *) fail "NUVLA_SWARM_OFFLINE is '$NUVLA_SWARM_OFFLINE'; allowed are auto, true and false" ;;
  esac
}

# is_remote STACK: whether its machines are not containers on this computer. No stack at all is not remote.
is_remote() { [[ -n $1 && $(provider_of "$1") != local ]]; }

# provider_of STACK: its setting machines.provider; nothing where no Python package is installed yet.
provider_of() {
  if [[ -x $CHECKOUT/.venv/bin/python ]]; then (cd "$CHECKOUT" && .venv/bin/python -m tools.stack provider "$1"); fi
}

ANSWERS_NOT="https://get.pulumi.com does not answer"
RETRY="Behind a proxy set HTTPS_PROXY; to try again now: NUVLA_SWARM_OFFLINE=false make ..."
ADVICE="$RETRY; to build stand-ins for trials: NUVLA_SWARM_OFFLINE=true"

REACHABILITY=$CACHE/reachability

# reachable: whether Pulumi's installer answers.
reachable() { curl --silent --fail --head --output /dev/null --max-time 3 https://get.pulumi.com/; }

# pulumi_on_path: the user's own Pulumi CLI, which is no stand-in of any checkout.
pulumi_on_path() {
  local folder IFS=:
  for folder in $PATH; do
    if [[ $folder != */pulumi-home/*/bin && -x $folder/pulumi ]]; then printf '%s\n' "$folder/pulumi" && return; fi
  done
  return 1
}

# users_pulumi_home: the folder of Pulumi's released plugins.
users_pulumi_home() {
  local home=${PULUMI_HOME:-}
  [[ $home != */pulumi-home/* ]] || home=''
  printf '%s\n' "${home:-$HOME/.pulumi}"
}

# plugins: a line `name version` for each plugin of the program.
plugins() { sed -nE 's/^pulumi(verse)?-([a-z]+)==([0-9.]+).*/\2 \3/p' "$CHECKOUT/requirements.txt"; }

plugins_installed() {
  local folder name version
  folder=$(users_pulumi_home)/plugins
  while read -r name version; do
    [[ -d $folder/resource-$name-v$version ]] || return 1
  done < <(plugins)
}

released_tools_installed() { { [[ -x $(installed_pulumi) ]] || pulumi_on_path >/dev/null; } && plugins_installed; }

stand_ins_installed() { [[ -x $(pulumi_home)/bin/pulumi ]]; }

# pulumi_home: one a checkout, since stand-in plugins are links into it, and a folder of released plugins.
pulumi_home() {
  local key
  key=$(printf '%s' "$CHECKOUT${NUVLA_SWARM_PLUGINS:+:$NUVLA_SWARM_PLUGINS}" | "${SHA256[@]}")
  printf '%s\n' "$CACHE/pulumi-home/${key:0:12}"
}

ENGINE_FOLDER=$CACHE/engine                 # everything of the engine that `make setup` starts
ENGINE_SOCKET=$ENGINE_FOLDER/run/docker.sock

# use_engine: points the docker client at the user's engine, else at the embedded one.
use_engine() {
  if [[ -z ${DOCKER_HOST:-} && -S $ENGINE_SOCKET ]]; then export DOCKER_HOST=unix://$ENGINE_SOCKET; fi
}

# Of a range that no Docker engine takes for its networks: on docker0's 172.17.0.1, a local machine would find itself.
REGISTRY_IP=198.18.0.1
REGISTRY=$REGISTRY_IP:5000
REPOSITORY=$REGISTRY_IP:5001 # of packages, see offline/repository.sh

MACHINE_ENGINE_VERSION=28.5.2 # of local machines with packages as docker.com has them
MACHINE_CONTAINERD_VERSION=1.7.29

# machine_engine: the engine of local machines, which NUVLA_SWARM_ENGINE chooses: 20.10 of Debian 12's packages, 26.1 of Debian
# 13's, or 28.5 of docker.com's, which is the default where packages stand in.
machine_engine() {
  case ${NUVLA_SWARM_ENGINE:-} in
    '') if offline; then echo 28.5; else echo 20.10; fi ;;
    20.10 | 26.1 | 28.5) echo "$NUVLA_SWARM_ENGINE" ;;
    *) fail "NUVLA_SWARM_ENGINE is '$NUVLA_SWARM_ENGINE'; allowed are 20.10, 26.1 and 28.5" ;;
  esac
}

PULUMI_VERSION=3.259.0 # of the archives in tools/pulumi.sha256
PULUMI_OLDEST=3.250.0  # of a CLI that is already on PATH

installed_pulumi() { printf '%s\n' "$CACHE/pulumi-$PULUMI_VERSION/bin/pulumi"; }
