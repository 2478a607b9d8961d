#!/usr/bin/env bash
# Stops what the lab started: the registry and the lab's own engine with all its containers. A user's own engine is left alone.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$CHECKOUT/lab/offline/registry.sh" stop
"$CHECKOUT/lab/offline/engine.sh" stop
