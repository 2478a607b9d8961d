#!/usr/bin/env bash
# Starts a Docker engine on a host, with settings and a container that do not belong to the program.
set -euo pipefail

install -d /etc/docker
echo '{"labels": ["owner=ops"], "log-driver": "local", "bip": "172.30.0.1/24"}' >/etc/docker/daemon.json
systemctl enable --quiet --now docker.service
tar --create --directory /usr/bin sleep | docker import - own:1 >/dev/null
docker create --name own own:1 /sleep >/dev/null
