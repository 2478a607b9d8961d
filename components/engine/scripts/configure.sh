#!/usr/bin/env bash
# Writes the settings of the Docker engine and starts it; restarts it only if it runs with others, or if its packages were
# replaced since its start, which install.sh leaves to this script: VERSION is only here so that this script runs again. An
# engine that does not start with new settings gets back those that it last ran with.
# Prints the version of the running engine, and since when it runs. With the argument `check` it changes nothing, and prints
# `member` if the engine is in a swarm, and behind it `restart` if it would restart.
# HELPER is a script for the engine's unit. MACHINE and TLS_END, when its certificate ends, are for node-exporter. The engine
# asks registries through PROXY_HTTP and PROXY_HTTPS, if there are any, but for what is in PROXY_EXCLUDED.
set -euo pipefail
: "${VERSION:?}" "${DAEMON_JSON:?}" "${HELPER:?}" "${TLS_CA?}" "${TLS_CERT?}" "${TLS_KEY?}" "${TLS_END?}" "${MACHINE:?}" "${PROXY_HTTP?}" "${PROXY_HTTPS?}" "${PROXY_EXCLUDED?}"

tls=/etc/docker/tls
unit=/etc/systemd/system/docker.service.d/nuvla-swarm.conf
helper=/etc/nuvla-swarm/sole_manager.sh # that of the unit
# There from before the first file changes until the engine was restarted, so that a run after one that was killed in
# between restarts it. A start of the machine removes it, and the engine has read the files by then.
changed=/run/nuvla-swarm-engine-changed
known=/etc/nuvla-swarm/daemon.json # the file that the engine last ran with

fail() { echo "$MACHINE: $*" >&2; exit 1; }

# validate: lets the engine check its settings, which it can since version 23; older engines report mistakes when they start.
validate() {
  local major told proposed=/run/nuvla-swarm-daemon.json
  major=$(dockerd --version | sed -n 's/^Docker version \([0-9]*\)\..*/\1/p')
  [ "${major:-0}" -ge 23 ] || return 0
  printf '%s\n' "$DAEMON_JSON" >"$proposed"
  told=$(dockerd --validate --config-file "$proposed" 2>&1) ||
    fail "dockerd refuses the new settings, and keeps running with the former ones; correct engine.daemon: ${told##*$'\n'}"
  rm -f "$proposed"
}

# keep: remembers the settings that the engine runs with.
keep() {
  if cmp -s /etc/docker/daemon.json "$known"; then return; fi
  install -d -m 0755 "${known%/*}"
  cp /etc/docker/daemon.json "$known.new"
  mv -f "$known.new" "$known"
}

# is_replaced UNIT: whether the unit runs a program that is no longer on the disk.
is_replaced() {
  local process
  process=$(systemctl show --property MainPID --value "$1")
  [[ $(readlink "/proc/$process/exe" 2>/dev/null) == *' (deleted)' ]]
}

start_engine() {
  if is_replaced containerd.service; then # first, as the engine would lose it
    systemctl stop docker.socket docker.service
    systemctl restart containerd.service
  fi
  # An engine that was started with some of the files may have taken the socket's place, which is empty then.
  systemctl reset-failed docker.socket docker.service 2>/dev/null || true
  systemctl restart docker.socket docker.service
}

# fall_back: restores the former settings, if the engine does not start with the new ones.
fall_back() {
  journalctl --no-pager -n 20 -u docker.service >&2
  if [ ! -e "$known" ] || cmp -s "$known" /etc/docker/daemon.json; then exit 1; fi
  cp "$known" /etc/docker/daemon.json.new
  chmod 0644 /etc/docker/daemon.json.new
  mv -f /etc/docker/daemon.json.new /etc/docker/daemon.json
  start_engine || fail "its engine starts neither with the new settings nor with the former ones; the lines above say why"
  rm -f "$changed"
  fail "its engine does not start with the new settings, and runs with the former ones; the lines above say why; correct engine.daemon"
}

# proxy_environment: lines of a unit
proxy_environment() {
  [ -n "$PROXY_HTTP$PROXY_HTTPS" ] || return 0
  [ -z "$PROXY_HTTP" ] || echo "Environment=\"HTTP_PROXY=$PROXY_HTTP\""
  [ -z "$PROXY_HTTPS" ] || echo "Environment=\"HTTPS_PROXY=$PROXY_HTTPS\""
  echo "Environment=\"NO_PROXY=$PROXY_EXCLUDED\""
}

# unit_file: what this script adds to the unit of the packages, which names the hosts on the command line, where they clash
# with those of daemon.json.
# An engine that is stopped while it starts leaves interfaces of overlay networks behind, beside which the next one
# cannot make its own: "error creating vxlan interface: file exists" (moby/libnetwork#1765).
unit_file() {
  cat <<EOF
[Service]
ExecStartPre=-/bin/bash $helper start
ExecStartPre=/bin/sh -c 'for found in /sys/class/net/vx-*; do [ ! -e "\$\$found" ] || ip link delete "\$\${found##*/}"; done'
ExecStart=
ExecStart=$(command -v dockerd)
ExecStop=-/bin/bash $helper stop
ExecStopPost=-/bin/bash $helper stopped
EOF
  proxy_environment
}

# has PATH < CONTENT: whether that is the content of the file.
has() { cmp -s "$1" -; }

# has_pair: whether the engine has its certificate and its key.
has_pair() {
  if [ -L $tls/cert.pem ]; then
    has $tls/key.pem <<<"$TLS_CERT"$'\n'"$TLS_KEY"
  else
    has $tls/cert.pem <<<"$TLS_CERT" && has $tls/key.pem <<<"$TLS_KEY"
  fi
}

# is_member: also while an engine that has just started looks for its swarm.
is_member() { [[ $(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null) =~ ^(active|pending)$ ]]; }

# would_restart: whether a run of this script restarts the engine.
would_restart() {
  if [ -e "$changed" ] || is_replaced docker.service; then return; fi
  if ! has $unit < <(unit_file) || ! has /etc/docker/daemon.json <<<"$DAEMON_JSON"; then return; fi
  if [ -z "$TLS_KEY" ]; then return 1; fi
  ! has $tls/ca.pem <<<"$TLS_CA" || ! has_pair
}

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

# write_helper: the engine need not be restarted for another one.
write_helper() {
  install -d -m 0755 "${helper%/*}"
  printf '%s\n' "$HELPER" >"$helper.new"
  chmod 0644 "$helper.new"
  mv -f "$helper.new" "$helper"
}

# An engine whose certificate and key do not fit does not start, so they are one file, which changes at once. Earlier
# versions wrote two: those stay while they are right.
write_pair() {
  if [ ! -L $tls/cert.pem ]; then
    if has_pair; then return; fi
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

if [ "${1:-}" = check ]; then
  if is_member; then
    if would_restart; then echo member restart; else echo member; fi
  fi
  exit
fi
if [ ! -e "$known" ] && [ ! -e "$changed" ] && [ -e /etc/docker/daemon.json ] && systemctl is-active --quiet docker.service; then
  keep
fi
install -d -m 0755 /etc/docker /etc/systemd/system/docker.service.d
install -d -m 0700 $tls
umask 077

# Each file is written before another one names it, as the machine may start in between.
write_helper
write $unit 0644 < <(unit_file)
if [ -n "$TLS_KEY" ]; then
  write $tls/ca.pem 0644 <<<"$TLS_CA"
  write_pair
fi
validate
write /etc/docker/daemon.json 0644 <<<"$DAEMON_JSON"

systemctl daemon-reload
systemctl enable --quiet docker.socket docker.service
if [ -e "$changed" ] || is_replaced docker.service; then
  start_engine || fall_back
  rm -f "$changed"
else
  systemctl start docker.service
fi
keep
if [ -z "$TLS_KEY" ]; then rm -f $tls/{ca,cert,key}.pem{,.new}; fi
tell_end
docker version --format '{{.Server.Version}}'
systemctl show --property ActiveEnterTimestamp --value docker.service
