#!/usr/bin/env bash
# The engine runs, with settings that are whole.
set -euo pipefail
systemctl is-active --quiet docker.service
grep -q tlsverify /run/stand-in/engine
