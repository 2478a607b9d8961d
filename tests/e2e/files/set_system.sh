#!/usr/bin/env bash
# Makes a host say that its system is SYSTEM, such as "ID=debian VERSION_ID=11"; the truth again if that is empty.
set -euo pipefail
: "${SYSTEM?}"

rm /etc/os-release
if [ -n "$SYSTEM" ]; then
  tr ' ' '\n' <<<"$SYSTEM" >/etc/os-release
else
  ln -s ../usr/lib/os-release /etc/os-release
fi
