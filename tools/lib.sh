# shellcheck shell=bash disable=SC2034  # what is unused here is for the scripts that source it
# What the scripts of tools/, local/ and offline/ share; sourced, never run.

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${NUVLA_SWARM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nuvla-swarm}

say() { printf '%s\n' "nuvla-swarm: $*" >&2; }

fail() {
  printf '%s\n' "nuvla-swarm: error: $*" >&2
  exit 1
}

# hash_of FILE_OR_FOLDER...: 12 hex digits of the names and contents, whatever the place of the checkout.
hash_of() {
  (
    cd "$CHECKOUT" || exit
    find "${@#"$CHECKOUT/"}" -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12
  )
}

# locked NAME COMMAND...: runs the command while nothing else of that name runs, on this cache.
locked() {
  local name=$1
  shift
  mkdir -p "$CACHE/locks"
  (
    flock 9
    "$@" 9>&- # a daemon that the command starts must not keep the lock
  ) 9>"$CACHE/locks/$name"
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

# offline: whether this machine cannot reach what users normally have.
offline() {
  case ${NUVLA_SWARM_OFFLINE:-auto} in
    true) return 0 ;;
    false) return 1 ;;
    auto)
      [[ -f $REACHABILITY ]] || ask_reachability
      [[ $(<"$REACHABILITY") == offline ]]
      ;;
    *) fail "NUVLA_SWARM_OFFLINE is '$NUVLA_SWARM_OFFLINE'; allowed are auto, true and false" ;;
  esac
}

REACHABILITY=$CACHE/reachability

# ask_reachability: asks the address of Pulumi's installer, and remembers the answer.
ask_reachability() {
  local found=offline
  if curl --silent --fail --head --output /dev/null --max-time 3 https://get.pulumi.com/; then found=online; fi
  mkdir -p "$CACHE"
  printf '%s\n' "$found" >"$REACHABILITY.$$"
  mv "$REACHABILITY.$$" "$REACHABILITY"
}

# pulumi_home: one a checkout, since stand-in plugins are links into it.
pulumi_home() {
  local key
  key=$(printf '%s' "$CHECKOUT" | sha256sum)
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

PULUMI_VERSION=3.259.0 # of the archives in tools/pulumi.sha256
PULUMI_OLDEST=3.250.0  # of a CLI that is already on PATH

installed_pulumi() { printf '%s\n' "$CACHE/pulumi-$PULUMI_VERSION/bin/pulumi"; }
