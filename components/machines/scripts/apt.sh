#!/usr/bin/env bash
# Functions of scripts that install packages. From `begin_installation` until the script ends, packages start no
# services; then what was installed is noted, so that it can be removed from a machine that goes on without the program.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
no_starts=$'#!/bin/sh\n# nuvla-swarm\nexit 101'

packages() { dpkg-query --show --showformat '${Package}\n' | sort; }
has_own_policy() { [ -e "$policy" ] && [ "$(cat "$policy")" != "$no_starts" ]; }

begin_installation() {
  found=$(packages)
  trap end_installation EXIT
  if ! has_own_policy; then
    echo "$no_starts" >"$policy"
    chmod +x "$policy"
  fi
  apt-get update -qq >&2
}

end_installation() {
  has_own_policy || rm -f "$policy"
  install -d -m 0755 /etc/nuvla-swarm
  comm -13 - <(packages) <<<"$found" >>/etc/nuvla-swarm/installed
}

install_packages() { apt-get -o DPkg::Lock::Timeout=120 install -qq -y --no-install-recommends "$@" >&2; }
