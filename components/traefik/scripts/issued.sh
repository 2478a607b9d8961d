#!/usr/bin/env bash
# Runs on the manager that requests certificates: reports which names have a certificate of the ACME server SERVER. It
# never fails: an update must not depend on somebody else's server, and Traefik keeps serving the previous certificate.
# `make up` shows lines that begin with "warning: ", whatever the script's end.
set -euo pipefail
set -f # names may begin with *
: "${NAMES:?}" "${SERVER:?}" "${STORAGE:?}" "${SERVICE:?}" "${PATIENCE_S:?}"
: "${PROVIDER=}" # of the DNS challenge; empty for the HTTP challenge

since=$(date +%s)

# has NAME: whether a certificate of it is in the file.
has() { grep -qF "\"main\": \"$1\"" "$STORAGE" 2>/dev/null; }

# reason NAME: what Traefik has logged last about it, on one line.
reason() {
  docker service logs --raw --since "$((since - 120))" "$SERVICE" 2>&1 |
    grep -F -e "[$1]" -e "\"$1\"" | grep -E 'ERR|error' | tail -1 |
    sed 's/\x1b\[[0-9;]*m//g; s/.* ERR //; s/\\n/ /g' | cut -c1-600
}

missing() {
  local name
  for name in $NAMES; do has "$name" || printf '%s\n' "$name"; done
}

while [ -n "$(missing)" ] && [ $(($(date +%s) - since)) -lt "$PATIENCE_S" ]; do sleep 1; done
for name in $NAMES; do
  if has "$name"; then
    echo "$name: has a certificate of $SERVER" >&2
  else
    why=$(reason "$name" || true)
    echo "warning: $name: has no certificate of $SERVER yet; Traefik keeps serving the previous one. It says: ${why:-nothing}" >&2
    if [ -n "$PROVIDER" ]; then
      echo "warning: $name: is its zone at $PROVIDER, and may the secret traefik_dns_credentials change it? See docs/certificates.md" >&2
    else
      echo "warning: $name: does it lead to the managers, and is port 80 open to everybody? See docs/certificates.md" >&2
    fi
  fi
done
