#!/usr/bin/env bash
# A Docker engine embedded in the checkout's tools, from Debian's docker.io: engine.sh start|stop|status.
# It has its own data, socket and containerd below the cache, and shares only the host's network (docker0, iptables).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

RUN=$ENGINE_FOLDER/run
PID_FILE=$RUN/docker.pid
LOG=$ENGINE_FOLDER/dockerd.log
INOTIFY_LIMIT=/proc/sys/fs/inotify/max_user_instances
INOTIFY_INSTANCES=1024

alive() { [[ -s $PID_FILE && $(readlink "/proc/$(<"$PID_FILE")/exe" 2>/dev/null) == */dockerd ]]; } # a killed one has no file

answers() { curl --silent --fail --max-time 5 --output /dev/null --unix-socket "$ENGINE_SOCKET" http://localhost/_ping; }

install_engine() {
  debian_install docker.io iptables
  # This script starts the embedded engine, and no other.
  if [[ -d /run/systemd/system ]]; then systemctl disable --quiet docker.service docker.socket containerd.service; fi
}

# Each machine takes 6 or 7 of the kernel's inotify instances for root, and cAdvisor ends where none is left: Debian's 128 are
# enough for some 20 machines. Where the kernel's settings cannot be written, the program refuses more.
raise_inotify_limit() {
  local former
  former=$(cat "$INOTIFY_LIMIT") || return 0
  if [[ $former -lt $INOTIFY_INSTANCES ]] && echo "$INOTIFY_INSTANCES" 2>/dev/null >"$INOTIFY_LIMIT"; then echo "$former" >"$RUN/inotify-limit"; fi
}

restore_inotify_limit() {
  if [[ -s $RUN/inotify-limit && $(<"$INOTIFY_LIMIT") == "$INOTIFY_INSTANCES" ]]; then cat "$RUN/inotify-limit" >"$INOTIFY_LIMIT"; fi
}

start() {
  if answers; then return; fi
  [[ $(id -u) == 0 ]] || fail "a Docker engine can only be started by root: run as root, or install Docker"
  mkdir -p "$RUN" "$ENGINE_FOLDER/data"
  command -v dockerd >/dev/null || install_engine
  if alive; then
    wait_for 30 answers || fail "dockerd (process $(<"$PID_FILE")) runs but does not answer; see $LOG, then 'tools/stop.sh'"
    return
  fi
  [[ -z $(others) ]] || fail "another dockerd (process $(others)) runs here, but does not answer this user's client: set DOCKER_HOST to it, or stop it"
  say "starting a Docker engine (Debian's docker.io) below $ENGINE_FOLDER"
  raise_inotify_limit
  rm -f "$PID_FILE" "$RUN/exec/containerd/containerd.pid"
  printf '{"insecure-registries": ["%s"]}\n' "$REGISTRY" >"$ENGINE_FOLDER/daemon.json" # not the host's /etc/docker/daemon.json
  detached setsid --fork dockerd --config-file "$ENGINE_FOLDER/daemon.json" \
    --host "unix://$ENGINE_SOCKET" --pidfile "$PID_FILE" --data-root "$ENGINE_FOLDER/data" --exec-root "$RUN/exec" \
    --storage-driver overlay2 --group "$(id -gn)" </dev/null >"$LOG" 2>&1
  wait_for 60 answers || { tail -20 "$LOG" >&2 && fail "dockerd did not come up within 60 s; the lines above are from $LOG"; }
}

# others: engines on this host's network that are not this one; those inside local machines have networks of their own.
others() {
  local pid
  for pid in $(pgrep -x dockerd); do
    if [[ /proc/$pid/ns/net -ef /proc/self/ns/net && $pid != "$(cat "$PID_FILE" 2>/dev/null)" ]]; then printf '%s ' "$pid"; fi
  done
}

gone() { ! alive; }

# bridges: the devices of the engine's networks; they would outlive it.
bridges() {
  docker --host "unix://$ENGINE_SOCKET" network ls --quiet --filter driver=bridge --filter type=custom | sed 's/^/br-/'
  echo docker0
}

# children: processes that an engine of this folder left behind, when it was killed rather than stopped.
children() { pgrep --full "^[^ ]*containerd[^ ]* .*$RUN/exec" || true; }

no_children() { [[ -z $(children) ]]; }

stop() {
  local devices=()
  if answers; then mapfile -t devices < <(bridges); fi
  if alive; then
    kill "$(<"$PID_FILE")"
    wait_for 60 gone || kill -9 "$(<"$PID_FILE")"
  fi
  if ! wait_for 10 no_children; then
    children | xargs --no-run-if-empty kill -9
    wait_for 10 no_children || fail "processes of the engine do not end: $(children | xargs)"
  fi
  local mount
  while read -r mount; do umount --lazy "$mount"; done < <(awk -v at="$ENGINE_FOLDER/" 'index($5, at) == 1 {print $5}' /proc/self/mountinfo | sort -r)
  local device
  for device in "${devices[@]}"; do
    if [[ -z $(others) ]] && ip link show dev "$device" >/dev/null 2>&1; then ip link delete "$device"; fi
  done
  restore_inotify_limit
  rm -rf "$RUN"
}

case ${1:-} in
  start | stop) locked engine "$1" ;;
  status) if answers; then echo "running at unix://$ENGINE_SOCKET"; else echo "stopped" && exit 3; fi ;;
  *) fail "usage: engine.sh start|stop|status" ;;
esac
