#!/usr/bin/env bash
# Sends each of REQUESTS, lines of "<method> <path>", by curl with the options in the arguments. Prints each request
# with the status of the answer.
set -euo pipefail
: "${REQUESTS:?}"

while read -r method path; do
  status=$(curl --silent --show-error --path-as-is --max-time 10 --output /dev/null --write-out '%{http_code}' \
    --request "$method" --header 'Content-Type: application/json' "$@" "http://docker$path") || status=none
  echo "$method $path $status"
done <<<"$REQUESTS"
