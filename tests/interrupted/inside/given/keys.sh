#!/usr/bin/env bash
# A user beside root, and keys of the host's own: the last line has no end.
set -euo pipefail
id ops >/dev/null 2>&1 || useradd --create-home --shell /bin/bash ops
install -d -m 0700 /root/.ssh
printf 'ssh-ed25519 AAAA of-the-program\nssh-ed25519 BBBB of-the-host' >/root/.ssh/authorized_keys
chmod 0600 /root/.ssh/authorized_keys
