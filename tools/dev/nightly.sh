#!/usr/bin/env bash
# Runs every suite: on each engine of local machines, the newest first, and on kernels of their own; then writes docs/tested.md:
# nightly.sh [SEED]. A failure does not keep the other parts from running; their names are printed at the end.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

export CI=true SEED=${1:-$(date -u +%F)}
ENGINES=(28.5 26.1 20.10) # values of NUVLA_SWARM_ENGINE
failed=()

# part NAME COMMAND...: runs a part of the night, and notes its failure.
part() {
  local name=$1 started=$SECONDS
  shift
  say "$name: begins at $(date -u +%H:%M)"
  "$@" || failed+=("$name")
  say "$name: took $(((SECONDS - started) / 60)) min"
}

suites() { make -C "$CHECKOUT" "$@" ARGS=--record; }

for engine in "${ENGINES[@]}"; do
  export NUVLA_SWARM_ENGINE=$engine
  part "engine $engine, tests on machines" suites test MARKS='(engine or tools or thorough) and not slow'
  part "engine $engine, slow suites, seed $SEED" suites test-slow
done
unset NUVLA_SWARM_ENGINE
part "unit" make -C "$CHECKOUT" unit
part "kernels of their own" suites test-kernel
environment=$("$CHECKOUT/tools/env.sh") && eval "$environment"
(cd "$CHECKOUT" && python -m docs.tested)
if [[ ${#failed[@]} -gt 0 ]]; then
  printf -v list '; %s' "${failed[@]}"
  fail "failed: ${list#; }"
fi
say "all suites passed; docs/tested.md says what ran"
