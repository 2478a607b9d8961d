#!/usr/bin/env bash
# The SSH server shows a key, and would after its next start: the former one or the new one.
set -euo pipefail
[ "$(ssh-keyscan -t ed25519 127.0.0.1 2>/dev/null | grep -c ' ssh-ed25519 ')" -eq 1 ]
/usr/sbin/sshd -t
[ "$(stat --format '%a %U' /etc/ssh/ssh_host_ed25519_key)" = '600 root' ]
