#!/usr/bin/env bash
# Functions of scripts that share files over NFS.
# shellcheck disable=SC2034 # variables are for the scripts that have these functions
set -euo pipefail

config=/etc/nuvla-swarm/nfs
kernel=nfs-server.service
ganesha=nfs-ganesha.service
ganesha_locks=nfs-ganesha-lock.service

say() { echo "$(hostname): $*" >&2; }

changed= # a file that is there from before another one changes until the server has read it, also if a run was killed

note_change() { [ -z "$changed" ] || touch "$changed"; }

# write PATH < CONTENT: whole or not at all
write() {
  cat >"$1.new"
  if cmp --silent "$1.new" "$1"; then
    rm -f "$1.new"
  else
    note_change
    mv -f "$1.new" "$1"
  fi
}

# fix_ports: none is left to chance, which takes one that is open to users
fix_ports() {
  install -d /etc/nfs.conf.d /etc/modprobe.d
  write /etc/nfs.conf.d/nuvla-swarm.conf <<<"$PORTS"
  write /etc/modprobe.d/nuvla-swarm.conf <<<"$MODULES"
  write /etc/sysctl.d/91-nuvla-swarm-nfs.conf <<<"$SYSCTLS"
  # A container has the kernel of somebody else.
  systemd-detect-virt --quiet --container ||
    sysctl --quiet --load=/etc/sysctl.d/91-nuvla-swarm-nfs.conf 2>/dev/null || true # before locks are there, the kernel knows none
  # A host's own, which runs already, finds its locks again.
  if systemctl is-active --quiet rpc-statd.service && ! listens "$STATD_PORT"; then
    systemctl restart rpc-statd.service
  fi
}

listens() { ss --no-header --listening --numeric --tcp --udp | awk '{print $5}' | grep -qE "[:.]$1\$"; }

# stop_unit UNIT...: now and at the next start
stop_unit() {
  local unit
  for unit in "$@"; do
    if systemctl cat "$unit" >/dev/null 2>&1; then systemctl disable --quiet --now "$unit"; fi
  done
}

# The unit of Ganesha's package for locks, of which this Ganesha has none, starts a statd of its own. Beside that,
# rpc-statd.service cannot start, which mounts need.
mask_ganesha_locks() {
  [ ! -e "/lib/systemd/system/$ganesha_locks" ] || systemctl mask --quiet --now "$ganesha_locks"
}

unmask_ganesha_locks() {
  if [ -e "/lib/systemd/system/$ganesha_locks" ]; then
    systemctl unmask --quiet "$ganesha_locks"
    systemctl stop "$ganesha_locks" # of a version of this program that did not mask it
  fi
}

# put_together KIND: the list of clients as the server of KIND reads it, from an entry of each of them
put_together() {
  local entries text
  case "$1" in
    kernel)
      entries=$(find "$config/clients.d" -name '*.exports' -exec cat {} +)
      write /etc/exports.d/nuvla-swarm.exports <<<"$(sort <<<"$entries")"
      ;;
    ganesha)
      entries=$(find "$config/clients.d" -name '*.conf' -exec cat {} +)
      text=$(sed '/# clients/r /dev/stdin' "$config/ganesha.conf" <<<"$(sort <<<"$entries")")
      write /etc/ganesha/ganesha.conf <<<"$text"
      ;;
  esac
}

# exports_of_others: where ours are gone; the folder may be empty
exports_of_others() { { cat /etc/exports /etc/exports.d/*.exports 2>/dev/null || true; } | grep -q '^[^#]'; }

serves() { [ -e "$config" ]; } # or was about to

# stop_serving: exports nothing of this program any more; the files stay. A machine that never did is left as it is.
stop_serving() {
  local unit
  serves || return 0
  rm -f /etc/exports.d/nuvla-swarm.exports
  if exports_of_others; then exportfs -ra; else stop_unit "$kernel"; fi
  unmask_ganesha_locks # before Ganesha is disabled, which leaves links of masked units behind
  stop_unit "$ganesha"
  unmount_shared
  rm -rf "$config"
}

# unmount_shared: the folder that everybody finds the files at is an empty one again.
unmount_shared() {
  local unit
  unit=$(systemd-escape --path --suffix=mount "$FOLDER")
  stop_unit "$unit"
  if mountpoint --quiet "$FOLDER"; then umount --lazy "$FOLDER"; fi # users of the folder itself keep what they have
  rm -f "/etc/systemd/system/$unit"
  systemctl daemon-reload
}
