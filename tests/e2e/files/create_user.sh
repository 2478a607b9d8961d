#!/usr/bin/env bash
# Creates the user `ops`, whom PUBLIC_KEY lets in, with sudo without a password.
set -euo pipefail
: "${PUBLIC_KEY:?}"

useradd --create-home --shell /bin/bash ops
echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops
install -d -m 0700 -o ops -g ops ~ops/.ssh
echo "$PUBLIC_KEY" >~ops/.ssh/authorized_keys
chown ops:ops ~ops/.ssh/authorized_keys
