#!/usr/bin/env bash
# Sends each of REQUESTS, lines of "<method> <path>", by curl with the options in the arguments. Prints each request
# with the status of the answer, or "none" without one within TIMEOUT_S.
set -euo pipefail
: "${REQUESTS:?}" "${TIMEOUT_S:?}"

while read -r method path; do
  status=$(curl --silent --show-error --path-as-is --max-time "$TIMEOUT_S" --output /dev/null --write-out '%{http_code}' \
    --request "$method" --header 'Content-Type: application/json' "$@" "http://docker$path") || status=none
  echo "$method $path $status"
done <<<"$REQUESTS"
