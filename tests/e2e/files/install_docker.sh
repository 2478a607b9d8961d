#!/usr/bin/env bash
# Gives a host a Docker engine of its own, with settings of its own and a container that is not the program's.
set -euo pipefail

install -d /etc/docker
echo '{"labels": ["owner=ops"], "log-driver": "local", "bip": "172.30.0.1/24"}' >/etc/docker/daemon.json
systemctl enable --quiet --now docker.service
tar --create --directory /usr/bin sleep | docker import - own:1 >/dev/null
docker create --name own own:1 /sleep >/dev/null
