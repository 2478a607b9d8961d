#!/usr/bin/env bash
# Connects to each of TARGETS ("<address> <port>" in lines), SIDE_BY_SIDE at a time; prints "<address> <port> <code>": 0 when
# something answers, 1 when it refuses, 124 when nothing comes back within TIMEOUT_S.
# shellcheck disable=SC2016 # the inner shell expands it
set -euo pipefail
: "${TARGETS?}" "${SIDE_BY_SIDE:?}" "${TIMEOUT_S:?}"

xargs --no-run-if-empty --max-procs "$SIDE_BY_SIDE" --max-args 3 bash -c \
  'code=0; timeout "$0" bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null || code=$?; echo "$1 $2 $code"' \
  <<<"$(sed "/./s/^/$TIMEOUT_S /" <<<"$TARGETS")"
