#!/usr/bin/env bash
# Answers as Docker's client does to network_in_use.sh, from the files NETWORKS, SERVICES and CONTAINERS; notes in ASKED what
# it was asked. SERVICE_CODE is its exit code when it is asked for services.
set -euo pipefail
: "${NETWORKS:?}" "${SERVICES:?}" "${CONTAINERS:?}" "${ASKED:?}" "${SERVICE_CODE:?}" "${LABEL:?}"

printf '%s\n' "$*" >>"$ASKED"
case "$1 $2" in
  "network ls")
    while IFS=$'\t' read -r id network owner; do
      if [[ $* == *"label=$LABEL=$owner"* || $* == *"name=^${network%% *}\$"* ]]; then echo "$id"; fi
    done <"$NETWORKS"
    ;;
  "network inspect") awk -F '\t' -v id="$3" '$1 == id {print $2}' "$NETWORKS" ;;
  "service ls") seq "$(wc -l <"$SERVICES")" ;;
  "service inspect") cat "$SERVICES" && exit "$SERVICE_CODE" ;;
  "node ls") echo n1 ;;
  "node ps") seq "$(wc -l <"$CONTAINERS")" ;;
  "node inspect") echo worker-1 ;;
  "inspect --type") cat "$CONTAINERS" ;;
  *) echo "not expected: $*" >&2 && exit 9 ;;
esac
