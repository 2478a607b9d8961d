#!/usr/bin/env bash
# The program can log in, with its former key or with the new one, and others with theirs.
set -euo pipefail
grep -qE '(BBBB of-the-host|CCCC nuvla-swarm nuvla-swarm:machines.ssh.key_generation)$' /root/.ssh/authorized_keys
grep -q 'AAAA of-the-program$' /root/.ssh/authorized_keys
[ "$(stat --format '%a %U' /root/.ssh/authorized_keys)" = '600 root' ]
