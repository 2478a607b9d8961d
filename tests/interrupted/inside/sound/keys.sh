#!/usr/bin/env bash
# The keys of the host's own open it, whatever happens.
set -euo pipefail
grep -q 'AAAA of-the-program$' /root/.ssh/authorized_keys
grep -q 'BBBB of-the-host$' /root/.ssh/authorized_keys
[ "$(stat --format '%a %U' /root/.ssh/authorized_keys)" = '600 root' ]
