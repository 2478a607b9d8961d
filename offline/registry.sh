#!/usr/bin/env bash
# An image registry for the engines inside local machines, Debian's docker-registry: registry.sh start|stop|status.
# It listens on an address of its own on the loopback device, which local machines reach through their gateway.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/offline/address.sh"

FOLDER=$CACHE/registry
PROGRAM=$FOLDER/program/usr/bin/docker-registry
PID_FILE=$FOLDER/pid

alive() { [[ -s $PID_FILE && $(readlink "/proc/$(<"$PID_FILE")/exe" 2>/dev/null) == "$PROGRAM" ]]; }

answers() { curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "http://$REGISTRY/v2/"; }

# The package is unpacked, not installed: installed, it would start a registry of its own.
unpack() {
  say "fetching Debian's docker-registry: some seconds"
  local work
  mkdir -p "$FOLDER"
  work=$(mktemp -d "$FOLDER/.program.XXXXXX")
  # shellcheck disable=SC2064  # this run's folder
  trap "rm -rf '$work'" EXIT
  chmod 0755 "$work" # apt's own user writes into it
  {
    cd "$work"
    apt-get download docker-registry || { apt-get update && apt-get download docker-registry; }
    dpkg-deb --extract docker-registry_*.deb program
  } >"$FOLDER/install.log" 2>&1 || { tail -20 "$FOLDER/install.log" >&2 && fail "docker-registry could not be fetched; the lines above say why"; }
  mv -T "$work/program" "$FOLDER/program"
}

start() {
  if answers; then return; fi # also one that another cache started: what it holds is the same
  stop
  [[ -x $PROGRAM ]] || (unpack) # a process of its own, for its trap
  mkdir -p "$FOLDER/data"
  add_address registry
  cat >"$FOLDER/config.yml" <<EOF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $FOLDER/data}, delete: {enabled: true}}
http: {addr: "$REGISTRY"}
EOF
  # shellcheck disable=SC2016  # for the inner shell, which becomes the registry
  OTEL_TRACES_EXPORTER=none detached setsid --fork bash -c 'echo $$ >"$1" && exec "$2" serve "$3"' - "$PID_FILE" "$PROGRAM" "$FOLDER/config.yml" \
    </dev/null >"$FOLDER/log" 2>&1
  wait_for 10 answers || { tail -5 "$FOLDER/log" >&2 && fail "the registry does not answer at $REGISTRY; the lines above say why"; }
}

stop() { end_server "registry"; }

case ${1:-} in
  start | stop) locked registry "$1" ;;
  status) if answers; then echo "running at http://$REGISTRY"; else echo "stopped" && exit 3; fi ;;
  *) fail "usage: registry.sh start|stop|status" ;;
esac
