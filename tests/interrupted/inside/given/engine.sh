#!/usr/bin/env bash
# An engine that is in no swarm.
set -euo pipefail

systemctl enable --quiet --now docker.service
cat >/var/lib/docker/state.json <<EOF
{"registry": {"traefik:3.6.1": "sha256:2222222222222222222222222222222222222222222222222222222222222222"}}
EOF
