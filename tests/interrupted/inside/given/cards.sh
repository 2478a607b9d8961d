#!/usr/bin/env bash
# An instance with a card on a private network.
set -euo pipefail

ip link add ens9 type veth peer name other
