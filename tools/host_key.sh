#!/usr/bin/env bash
# Prints the host key that an SSH server shows, as the setting host_key, and its fingerprint: host_key.sh HOST[:PORT].
# Any computer may answer at that address: compare the fingerprint with the one that the machine itself prints.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

form='^([A-Za-z0-9.-]+)(:([0-9]+))?$' # in a variable for the bash of macOS
[[ ${1:-} =~ $form ]] || fail "HOST is '${1:-}'; allowed: an address, or an address and a port, such as 192.0.2.7:2222"
host=${BASH_REMATCH[1]} port=${BASH_REMATCH[3]:-22}

shown() { ssh-keyscan -T 5 -p "$port" -t "$1" "$host" 2>/dev/null | sed -n 's/^[^# ][^ ]* //p' || true; }

for kind in ed25519 ecdsa rsa; do
  key=$(shown "$kind")
  [[ -z $key ]] || break
done
[[ -n $key ]] || fail "no SSH server answers at $host:$port: is it on, and may this computer reach it?"
fingerprint=$(ssh-keygen -l -f - <<<"$key")
say "compare with what the machine itself prints: ssh-keygen -l -f /etc/ssh/ssh_host_${kind}_key.pub"
say "$fingerprint"
printf 'host_key: %s\n' "$key"
