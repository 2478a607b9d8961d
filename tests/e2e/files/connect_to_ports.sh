#!/usr/bin/env bash
# Connects to each PORT of ADDRESS at once; prints "<port> <0 where it could, 124 where nothing answered within TIMEOUT_S>".
set -euo pipefail
: "${ADDRESS:?}" "${PORTS:?}" "${TIMEOUT_S:?}"

reach() {
  local code=0
  timeout "$TIMEOUT_S" bash -c "exec 3<>/dev/tcp/$ADDRESS/$1" 2>/dev/null || code=$?
  echo "$1 $code"
}

for port in $PORTS; do reach "$port" & done
wait
