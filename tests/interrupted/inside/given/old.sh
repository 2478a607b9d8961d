#!/usr/bin/env bash
# Packages of which there are newer versions; one of them is held.
set -euo pipefail

sed -i 's/"there": "1.8.9"/"there": "1.8.8"/; s/"there": "20.10.24+dfsg1-1+deb12u1"/"there": "20.10.23+dfsg1-1"/' \
  /var/lib/stand-in/packages.json
apt-mark hold docker.io
