#!/usr/bin/env bash
# Prints the settings that a stack needs for local machines on this machine's engine, one `path=value` a line.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

# CAP_SYS_RESOURCE, which a privileged container asks for. The embedded engine has the rights of this user's processes;
# any other is taken to have all.
may_be_privileged() {
  [[ ${DOCKER_HOST:-} == "unix://$ENGINE_SOCKET" ]] || return 0
  local bounding
  bounding=$(awk '$1 == "CapBnd:" {print $2}' /proc/self/status)
  (((16#$bounding >> 24) & 1))
}

use_engine
cgroup=$(docker info --format '{{.CgroupVersion}}' 2>/dev/null || true)
[[ -n $cgroup ]] || fail "no Docker engine answers: run 'tools/setup.sh engine'"
privileged=false
if [[ $cgroup == 2 ]] && may_be_privileged; then privileged=true; fi

printf 'machines.image=%s\n' "$("$CHECKOUT/local/build.sh" tags | grep /machine:)"
printf 'machines.privileged=%s\n' "$privileged"
case $(machine_engine) in
  20.10) printf 'engine.%s\n' source=distribution version=20.10.24 ;;
  26.1) printf 'engine.%s\n' source=distribution version=26.1.5 ;;
  28.5)
    printf 'engine.%s\n' source=docker.com "version=$MACHINE_ENGINE_VERSION"
    if offline; then "$CHECKOUT/offline/repository.sh" settings; fi
    ;;
esac
if offline; then
  printf 'engine.registry_mirrors[0]=http://%s\n' "$REGISTRY"
  "$CHECKOUT/offline/settings.sh"
fi
