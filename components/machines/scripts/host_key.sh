#!/usr/bin/env bash
# The SSH server of the machine shows the host key PUBLIC_KEY to each new connection. PRIVATE_KEY is its other half.
set -euo pipefail
: "${MACHINE:?}" "${PRIVATE_KEY:?}" "${PUBLIC_KEY:?}"
export PATH=$PATH:/usr/sbin:/sbin

file=/etc/ssh/ssh_host_ed25519_key # the only host key: the machine was created with one there
patience_s=30
interval_s=2 # from OpenSSH 9.8 on, sshd lets nobody in for a while who connects often without a login: PerSourcePenalties

fail() { echo "$MACHINE: $*" >&2; exit 1; }

# prepare PATH MODE TEXT: <PATH>.new
prepare() {
  rm -f "$1.new"
  install -m "$2" /dev/null "$1.new"
  printf '%s\n' "$3" >"$1.new"
}

# replace PATH: by <PATH>.new, at once. Without its key, or with a torn one, sshd would let nobody in.
replace() {
  sync "$1.new"
  mv --force "$1.new" "$1"
}

# shown: the key that the SSH server shows. From OpenSSH 10 on, ssh-keyscan prints its comments with it.
shown() { ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | awk '$2 == "ssh-ed25519" {print $2, $3}'; }

private=${PRIVATE_KEY%$'\n'}
if [ "$(cat "$file" 2>/dev/null || true)" != "$private" ]; then
  prepare "$file" 0600 "$private"
  [ "$(ssh-keygen -y -f "$file.new" | cut -d ' ' -f 1,2)" = "$PUBLIC_KEY" ] ||
    fail "the two halves of its new host key differ"
  prepare "$file.pub" 0644 "$PUBLIC_KEY"
  # In this order, as the comparison above tells when both are there. sshd needs only the private one.
  replace "$file.pub"
  replace "$file"
fi

# Before OpenSSH 9.8, sshd reads the file for each connection, unless systemd has its socket. Others read it when they
# start, or are told to: then one that has its socket itself closes that for a moment, so nobody tells it without need.
# Connections that are open stay open.
if [ "$(shown)" != "$PUBLIC_KEY" ]; then systemctl reload ssh.service; fi
deadline=$((SECONDS + patience_s))
until [ "$(shown)" = "$PUBLIC_KEY" ]; do
  [ "$SECONDS" -lt "$deadline" ] || fail "its SSH server does not show its new host key, which is in $file"
  sleep "$interval_s"
done
