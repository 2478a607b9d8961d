#!/usr/bin/env bash
# Stops what the lab started: the registry and the lab's own engine with all its containers. A user's own engine is left alone.
# With --if-idle, only where no container is left.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

if [[ ${1:-} == --if-idle && -S $ENGINE_SOCKET && -n $(docker --host "unix://$ENGINE_SOCKET" ps --all --quiet) ]]; then exit 0; fi
"$CHECKOUT/lab/offline/registry.sh" stop
"$CHECKOUT/lab/offline/engine.sh" stop
