#!/usr/bin/env bash
# The installation of the engine was interrupted by a machine that went off.
set -euo pipefail

sed -i '/"docker.io"/,/}/s/"status": "installed"/"status": "unpacked"/; s/"interrupted": false/"interrupted": true/' \
  /var/lib/stand-in/packages.json
printf '#!/bin/sh\n# nuvla-swarm\nexit 101\n' >/usr/sbin/policy-rc.d # of a version that did not look for itself
chmod +x /usr/sbin/policy-rc.d
