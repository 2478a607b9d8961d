#!/usr/bin/env bash
# Answers as Docker's client does to network_in_use.sh, from the files NETWORKS, SERVICES and CONTAINERS; notes in ASKED what
# it was asked. A network is "<id> <tab> <name> <attachable> <internal> <scope> <its id label or -> <its label or ->".
# SERVICE_CODE is its exit code when it is asked for services.
set -euo pipefail
: "${ID_LABEL:?}" "${NETWORKS:?}" "${SERVICES:?}" "${CONTAINERS:?}" "${ASKED:?}" "${SERVICE_CODE:?}" "${LABEL:?}"

printf '%s\n' "$*" >>"$ASKED"
case "$1 $2" in
  "network ls")
    while read -r id name _ _ scope identity owner; do
      if [[ $* == *--format* ]]; then
        echo "$id $name"
      elif [[ $* == *"scope=$scope"* && ($* == *"label=$LABEL=$owner"* || $* == *"label=$ID_LABEL=$identity"*) ]]; then
        echo "$id"
      fi
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
