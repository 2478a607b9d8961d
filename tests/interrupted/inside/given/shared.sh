#!/usr/bin/env bash
# A manager on a network with an address that managers share.
set -euo pipefail

ip link add ens9 type veth peer name other
ip address add 10.1.0.2/24 dev ens9
ip link set ens9 up
