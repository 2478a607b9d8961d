#!/usr/bin/env bash
# Runs every suite on the newest engine of local machines and on kernels of their own; on each other engine all but the slow
# suites, and a share of these that changes with the night. Then writes docs/tested.md: nightly.sh [SEED]. A failure does not
# keep the other parts from running; their names are printed at the end.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

export CI=true SEED=${1:-$(date -u +%F)}
NEWEST=28.5 OTHERS=(26.1 20.10) # values of NUVLA_SWARM_ENGINE
SHARE=1/8                       # of the slow suites: all of them on three engines take longer than a night
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

# engine VERSION SLICE: runs the suites on one engine.
engine() {
  export NUVLA_SWARM_ENGINE=$1
  part "engine $1, tests on machines" suites test MARKS='(engine or tools or thorough) and not slow'
  part "engine $1, $2 of the slow suites, seed $SEED" suites test-slow SLICE="$2"
  unset NUVLA_SWARM_ENGINE
}

engine $NEWEST 1/1
for other in "${OTHERS[@]}"; do engine "$other" "$SHARE"; done
part "unit" make -C "$CHECKOUT" unit
part "kernels of their own" suites test-kernel
environment=$("$CHECKOUT/tools/env.sh") && eval "$environment"
(cd "$CHECKOUT" && python -m docs.tested)
if [[ ${#failed[@]} -gt 0 ]]; then
  printf -v list '; %s' "${failed[@]}"
  fail "failed: ${list#; }"
fi
say "all suites passed; docs/tested.md says what ran"
