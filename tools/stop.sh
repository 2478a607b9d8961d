#!/usr/bin/env bash
# Stops what the tools started: the registry, the package repository and the embedded engine with all its containers. A user's own engine is left alone.
# With --if-idle, only where no container is left, and nobody makes any.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The lock of tools/stack/engine_use.py, which each `make up` holds.
is_used() {
  mkdir -p "$CACHE/locks"
  ! python3 -c 'import fcntl, sys; fcntl.flock(open(sys.argv[1], "a"), fcntl.LOCK_EX | fcntl.LOCK_NB)' "$CACHE/locks/engine-use" 2>/dev/null
}

has_containers() { [[ -n $(docker --host "unix://$ENGINE_SOCKET" ps --all --quiet) ]]; }

if [[ ${1:-} == --if-idle && -S $ENGINE_SOCKET ]] && { has_containers || is_used; }; then exit 0; fi
"$CHECKOUT/offline/repository.sh" stop
"$CHECKOUT/offline/registry.sh" stop
"$CHECKOUT/offline/engine.sh" stop
