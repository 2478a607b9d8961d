#!/usr/bin/env bash
# Installs those of the PACKAGES that a machine lacks, without starting any service of theirs.
set -euo pipefail
: "${PACKAGES:?}"
export DEBIAN_FRONTEND=noninteractive

installed() { dpkg-query --show --showformat '${Package}\n' | sort; }

# What it installs here, so that it can be removed from a machine that goes on without the program.
note_installed() {
  install -d -m 0755 /etc/nuvla-swarm
  comm -13 - <(installed) <<<"$found" >>/etc/nuvla-swarm/installed
}

read -ra packages <<<"$PACKAGES"
if dpkg --status "${packages[@]}" >/dev/null 2>&1; then exit 0; fi
echo "$(hostname): installs $PACKAGES" >&2
found=$(installed)
trap note_installed EXIT
policy=/usr/sbin/policy-rc.d no_starts=$'#!/bin/sh\n# nuvla-swarm\nexit 101'
if [ ! -e "$policy" ] || [ "$(cat "$policy")" = "$no_starts" ]; then # not the host's own
  trap 'rm -f "$policy"; note_installed' EXIT
  echo "$no_starts" >"$policy"
  chmod +x "$policy"
fi
apt-get update -qq >&2
apt-get -o DPkg::Lock::Timeout=120 install -qq -y --no-install-recommends "${packages[@]}" >&2
