#!/usr/bin/env bash
# Installs what only the tests need: an SSH server for those of the command plugin, and shellcheck.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

missing=()
[[ -x /usr/sbin/sshd ]] || missing+=(openssh-server)
command -v ssh >/dev/null || missing+=(openssh-client)
command -v shellcheck >/dev/null || missing+=(shellcheck)
[[ ${#missing[@]} == 0 ]] || debian_install "${missing[@]}"
