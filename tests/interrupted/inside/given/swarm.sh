#!/usr/bin/env bash
# A manager of a swarm with services: one of the program, and one of somebody else with an image of the same tag.
set -euo pipefail

systemctl start docker.service
cat >/var/lib/docker/state.json <<EOF
{
  "swarm": {"LocalNodeState": "active", "ControlAvailable": true, "NodeID": "n1"},
  "registry": {
    "traefik:3.6.0": "sha256:2222222222222222222222222222222222222222222222222222222222222222",
    "traefik:3.6.1": "sha256:2222222222222222222222222222222222222222222222222222222222222222"
  },
  "images": {"traefik:3.6.0": "sha256:1111111111111111111111111111111111111111111111111111111111111111"},
  "services": [
    {"ID": "s1", "Spec": {"Name": "traefik", "TaskTemplate": {"ContainerSpec": {"Image":
      "traefik:3.6.0@sha256:1111111111111111111111111111111111111111111111111111111111111111"}}}},
    {"ID": "s2", "Spec": {"Name": "app", "TaskTemplate": {"ContainerSpec": {"Image":
      "traefik:3.6.0@sha256:3333333333333333333333333333333333333333333333333333333333333333"}}}}
  ]
}
EOF
