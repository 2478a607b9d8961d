#!/usr/bin/env bash
# Writes the settings of the Docker engine and starts it; restarts it only if it runs with others.
# Prints the version of the running engine, and since when it runs.
# MACHINE and TLS_END, when its certificate ends, are for node-exporter.
set -euo pipefail
: "${DAEMON_JSON:?}" "${TLS_CA?}" "${TLS_CERT?}" "${TLS_KEY?}" "${TLS_END?}" "${MACHINE:?}"

tls=/etc/docker/tls
# There from before the first file changes until the engine was restarted, so that a run after one that was killed in
# between restarts it. A start of the machine removes it, and the engine has read the files by then.
changed=/run/nuvla-swarm-engine-changed

# write PATH MODE < CONTENT
write() {
  cat >"$1.new"
  if cmp -s "$1.new" "$1"; then
    rm -f "$1.new"
  else
    chmod "$2" "$1.new"
    touch "$changed"
    mv -f "$1.new" "$1"
  fi
}

# An engine whose certificate and key do not fit does not start, so they are one file, which changes at once. Earlier
# versions wrote two: those stay while they are right.
write_pair() {
  if [ ! -L $tls/cert.pem ]; then
    if cmp -s $tls/cert.pem <<<"$TLS_CERT" && cmp -s $tls/key.pem <<<"$TLS_KEY"; then return; fi
    if [ -e $tls/cert.pem ]; then
      cat $tls/cert.pem $tls/key.pem | write $tls/key.pem 0600
    else
      write $tls/key.pem 0600 <<<"$TLS_CERT"$'\n'"$TLS_KEY"
    fi
    ln -sfn key.pem $tls/cert.pem.new
    mv -fT $tls/cert.pem.new $tls/cert.pem
  fi
  write $tls/key.pem 0600 <<<"$TLS_CERT"$'\n'"$TLS_KEY"
}

# tell_end: anybody may read it, and the engine need not be restarted for it.
tell_end() {
  local metrics=/etc/nuvla-swarm/metrics
  install -d -m 0755 /etc/nuvla-swarm $metrics
  if [ -z "$TLS_END" ]; then
    rm -f $metrics/certificate.prom
    return
  fi
  echo "nuvla_swarm_certificate_end_seconds{holder=\"$MACHINE\"} $(date --date "$TLS_END" +%s)" >$metrics/certificate.prom.new
  chmod 0644 $metrics/certificate.prom.new
  mv -f $metrics/certificate.prom.new $metrics/certificate.prom
}

install -d -m 0755 /etc/docker /etc/systemd/system/docker.service.d
install -d -m 0700 $tls
umask 077

# Each file is written before another one names it, as the machine may start in between.
# The packages' unit names the hosts on the command line, where they clash with those of daemon.json.
# An engine that is stopped while it starts leaves interfaces of overlay networks behind, beside which the next one
# cannot make its own: "error creating vxlan interface: file exists" (moby/libnetwork#1765).
write /etc/systemd/system/docker.service.d/nuvla-swarm.conf 0644 <<EOF
[Service]
ExecStartPre=/bin/sh -c 'for found in /sys/class/net/vx-*; do [ ! -e "\$\$found" ] || ip link delete "\$\${found##*/}"; done'
ExecStart=
ExecStart=$(command -v dockerd)
EOF
if [ -n "$TLS_KEY" ]; then
  write $tls/ca.pem 0644 <<<"$TLS_CA"
  write_pair
fi
write /etc/docker/daemon.json 0644 <<<"$DAEMON_JSON"
if [ -z "$TLS_KEY" ]; then rm -f $tls/{ca,cert,key}.pem{,.new}; fi

systemctl daemon-reload
systemctl enable --quiet docker.socket docker.service
if [ -e "$changed" ]; then
  # An engine that was started with some of the files may have taken the socket's place, which is empty then.
  if ! systemctl restart docker.socket docker.service; then
    journalctl --no-pager -n 20 -u docker.service >&2
    exit 1
  fi
  rm -f "$changed"
else
  systemctl start docker.service
fi
tell_end
docker version --format '{{.Server.Version}}'
systemctl show --property ActiveEnterTimestamp --value docker.service
