#!/usr/bin/env bash
# Installs those of the PACKAGES that a machine lacks, without starting any service of theirs.
set -euo pipefail
: "${PACKAGES:?}"
export DEBIAN_FRONTEND=noninteractive

read -ra packages <<<"$PACKAGES"
if dpkg --status "${packages[@]}" >/dev/null 2>&1; then exit 0; fi
echo "$(hostname): installs $PACKAGES" >&2
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
apt-get update -qq >&2
apt-get install -qq -y --no-install-recommends "${packages[@]}" >&2
