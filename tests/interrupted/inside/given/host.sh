#!/usr/bin/env bash
# A host with an engine of its own, which has settings, a volume and certificates.
set -euo pipefail

install -d /etc/docker/tls
echo '{"labels": ["owner=ops"]}' >/etc/docker/daemon.json
for name in ca cert key; do echo "${name^^} 7" >"/etc/docker/tls/$name.pem"; done
systemctl enable --quiet --now docker.socket docker.service
cat >/var/lib/docker/state.json <<EOF
{"volumes": ["own", "docker-proxy"], "networks": [{"Id": "b1", "Name": "docker_gwbridge"}]}
EOF
