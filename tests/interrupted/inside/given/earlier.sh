#!/usr/bin/env bash
# A host that an earlier version of the program has noted: without the machine's name, and with broken lines.
set -euo pipefail

rm /etc/nuvla-swarm/machine
sed -i 's/ disabled / disabled\nnone /; s/ inactive$/ inactive\nnone/' /etc/nuvla-swarm/before/units
