#!/usr/bin/env bash
# Runs on the machine that serves files.
#   serve   exports FOLDER, kept on DISK, by the server of KIND ("kernel" or "ganesha"); its mountd listens on MOUNTD_PORT
#   stop    exports nothing any more; the files stay
set -euo pipefail
: "${KIND:?}" "${FOLDER:?}" "${DISK:?}" "${MOUNTD_PORT:?}" "${GANESHA:?}"

config=/etc/nuvla-swarm/nfs
kernel=nfs-server.service
ganesha=nfs-ganesha.service

say() { echo "$(hostname): $*" >&2; }

# The files are on a data volume; FOLDER is where everybody finds them.
mount_folder() {
  local unit
  unit=$(systemd-escape --path --suffix=mount "$FOLDER")
  install -d -m 0777 -o nobody -g nogroup "$DISK" "$FOLDER"
  cat >"/etc/systemd/system/$unit" <<EOF
[Unit]
Description=Shared files
RequiresMountsFor=$DISK
Before=docker.service $kernel $ganesha

[Mount]
What=$DISK
Where=$FOLDER
Type=none
Options=bind

[Install]
WantedBy=multi-user.target
EOF
  systemctl daemon-reload
  systemctl enable --quiet --now "$unit"
}

stop() {
  local unit
  for unit in "$@"; do
    if systemctl cat "$unit" >/dev/null 2>&1; then systemctl disable --quiet --now "$unit"; fi
  done
}

serve_by_kernel() {
  modprobe --quiet nfsd || true # it may be built in
  if ! grep -qw nfsd /proc/filesystems; then
    say "its kernel has no NFS server; allowed: another nfs.machine, or nfs.server_kind: ganesha"
    exit 1
  fi
  stop "$ganesha"
  install -d /etc/nfs.conf.d /etc/exports.d
  printf '[mountd]\nport=%s\n' "$MOUNTD_PORT" >/etc/nfs.conf.d/nuvla-swarm.conf
  systemctl enable --quiet rpcbind.service "$kernel"
  start "$kernel"
}

serve_by_ganesha() {
  stop "$kernel"
  rm -f /etc/exports.d/nuvla-swarm.exports
  printf '%s\n' "$GANESHA" >"$config/ganesha.conf"
  { cat "$config"/clients.d/*.conf 2>/dev/null || true; } | sed '/# clients/r /dev/stdin' "$config/ganesha.conf" >/etc/ganesha/ganesha.conf
  systemctl enable --quiet rpcbind.service "$ganesha"
  start "$ganesha"
}

exports_of_others() { cat /etc/exports /etc/exports.d/*.exports 2>/dev/null | grep -q '^[^#]'; }

listens() { ss --no-header --listening --numeric --tcp --udp | awk '{print $5}' | grep -qE "[:.]$1\$"; }

# start UNIT: until it listens on all of its ports
start() {
  local deadline=$((SECONDS + 30)) port
  systemctl restart "$1"
  for port in 111 2049 "$MOUNTD_PORT"; do
    until listens "$port"; do
      if [ "$SECONDS" -ge "$deadline" ] || systemctl is-failed --quiet "$1"; then
        say "nobody listens on port $port; $1 says:"
        journalctl --no-pager --lines 10 --unit "$1" >&2
        exit 1
      fi
      sleep 0.1
    done
  done
}

install -d -m 0755 "$config/clients.d"
case "$1" in
  serve)
    mount_folder
    "serve_by_$KIND"
    ;;
  stop)
    rm -f /etc/exports.d/nuvla-swarm.exports
    if exports_of_others; then exportfs -ra; else stop "$kernel"; fi
    stop "$ganesha" "$(systemd-escape --path --suffix=mount "$FOLDER")"
    ;;
esac
