#!/usr/bin/env bash
# Stops what the tools started: the registry and the embedded engine with all its containers. A user's own engine is left alone.
# With --if-idle, only where no container is left.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [[ ${1:-} == --if-idle && -S $ENGINE_SOCKET && -n $(docker --host "unix://$ENGINE_SOCKET" ps --all --quiet) ]]; then exit 0; fi
"$CHECKOUT/offline/registry.sh" stop
"$CHECKOUT/offline/engine.sh" stop
