#!/usr/bin/env bash
# Installs those of the PACKAGES that a machine lacks, with the functions of machines/scripts/apt.sh.
set -euo pipefail
: "${PACKAGES:?}"

read -ra wanted <<<"$PACKAGES"
if dpkg --status "${wanted[@]}" >/dev/null 2>&1; then exit 0; fi
echo "$(hostname): installs $PACKAGES" >&2
begin_installation
install_packages "${wanted[@]}"
