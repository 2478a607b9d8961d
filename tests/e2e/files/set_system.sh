#!/usr/bin/env bash
# Changes the system that a host reports to SYSTEM, such as "ID=debian VERSION_ID=11", or back to the real system if
# SYSTEM is empty.
set -euo pipefail
: "${SYSTEM?}"

rm /etc/os-release
if [ -n "$SYSTEM" ]; then
  tr ' ' '\n' <<<"$SYSTEM" >/etc/os-release
else
  ln -s ../usr/lib/os-release /etc/os-release
fi
