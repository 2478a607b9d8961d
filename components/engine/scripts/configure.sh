#!/usr/bin/env bash
# Writes the settings of the Docker engine and starts it; restarts it only if they changed.
# Prints the version of the running engine, and since when it runs.
set -euo pipefail
: "${DAEMON_JSON:?}" "${TLS_CA?}" "${TLS_CERT?}" "${TLS_KEY?}"

changed=false

# write PATH MODE < CONTENT
write() {
  local new
  new=$(mktemp "$1.XXXXXX")
  cat >"$new"
  if cmp -s "$new" "$1"; then
    rm -f "$new"
  else
    chmod "$2" "$new"
    mv -f "$new" "$1"
    changed=true
  fi
}

install -d -m 0755 /etc/docker /etc/systemd/system/docker.service.d
install -d -m 0700 /etc/docker/tls
umask 077
if [ -n "$TLS_KEY" ]; then
  write /etc/docker/tls/ca.pem 0644 <<<"$TLS_CA"
  write /etc/docker/tls/cert.pem 0644 <<<"$TLS_CERT"
  write /etc/docker/tls/key.pem 0600 <<<"$TLS_KEY"
else
  rm -f /etc/docker/tls/*.pem
fi
write /etc/docker/daemon.json 0644 <<<"$DAEMON_JSON"

# The packages' unit names the hosts on the command line, where they clash with those of daemon.json.
# An engine that is stopped while it starts leaves interfaces of overlay networks behind, beside which the next one
# cannot make its own: "error creating vxlan interface: file exists" (moby/libnetwork#1765).
write /etc/systemd/system/docker.service.d/nuvla-swarm.conf 0644 <<EOF
[Service]
ExecStartPre=/bin/sh -c 'for found in /sys/class/net/vx-*; do [ ! -e "\$\$found" ] || ip link delete "\$\${found##*/}"; done'
ExecStart=
ExecStart=$(command -v dockerd)
EOF

if $changed; then
  systemctl daemon-reload
  systemctl enable --quiet docker.socket docker.service
  if ! systemctl restart docker.service; then
    journalctl --no-pager -n 20 -u docker.service >&2
    exit 1
  fi
else
  systemctl start docker.service
fi
docker version --format '{{.Server.Version}}'
systemctl show --property ActiveEnterTimestamp --value docker.service
