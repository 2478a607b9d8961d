#!/usr/bin/env bash
# Connects to each PORT of ADDRESS at once; prints "<port> <0 where it could, 124 where nothing answered>".
set -euo pipefail
: "${ADDRESS:?}" "${PORTS:?}"

reach() {
  local code=0
  timeout 3 bash -c "exec 3<>/dev/tcp/$ADDRESS/$1" 2>/dev/null || code=$?
  echo "$1 $code"
}

for port in $PORTS; do reach "$port" & done
wait
