#!/usr/bin/env bash
# Makes each of the REQUESTS, lines of "<method> <path>", with the options of curl that it is given; prints them with the
# status of the answer.
set -euo pipefail
: "${REQUESTS:?}"

while read -r method path; do
  status=$(curl --silent --show-error --path-as-is --max-time 10 --output /dev/null --write-out '%{http_code}' \
    --request "$method" --header 'Content-Type: application/json' "$@" "http://docker$path") || status=none
  echo "$method $path $status"
done <<<"$REQUESTS"
