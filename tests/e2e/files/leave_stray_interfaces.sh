#!/usr/bin/env bash
# Stops the engine and leaves interfaces of its overlay networks, as an engine does that is stopped while it starts
# (moby/libnetwork#1765). Prints the number of interfaces.
set -euo pipefail

# Prints the VXLAN id of each overlay network on this machine; no two interfaces may have the same id.
numbers() {
  local netns
  for netns in /run/docker/netns/*; do
    { nsenter --net="$netns" ip -details -oneline link show vxlan0 2>/dev/null || true; } | sed -n 's/.* vxlan id \([0-9]*\) .*/\1/p'
  done
}

mapfile -t found < <(numbers)
systemctl stop docker.socket docker.service
for netns in /run/docker/netns/*; do
  [ ! -e "$netns" ] || nsenter --net="$netns" ip link delete vxlan0 2>/dev/null || true
done

left() {
  [[ "$(ip -details -oneline link show type vxlan)" == *" vxlan id $1 "* ]]
}

# The stop may leave an interface itself. The kernel removes interfaces of a namespace some time after the namespace.
for number in "${found[@]}"; do
  for _ in {1..100}; do
    if left "$number" || ip link add "vx-stray$number" type vxlan id "$number" dstport 4789 2>/dev/null; then
      break
    fi
    sleep 0.1
  done
  left "$number"
done
echo "${#found[@]}"
