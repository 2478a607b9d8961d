#!/usr/bin/env bash
# Runs on the machine that serves files: exports FOLDER, kept on DISK, by the server of KIND ("kernel" or "ganesha"); its
# mountd listens on MOUNTD_PORT. A server that serves just that already is not restarted. With the functions of nfs.sh.
# shellcheck disable=SC2154 # $config, $kernel and $ganesha are those of nfs.sh
set -euo pipefail
: "${KIND:?}" "${FOLDER:?}" "${DISK:?}" "${MOUNTD_PORT:?}" "${GANESHA:?}"
: "${PORTS:?}" "${MODULES:?}" "${SYSCTLS:?}" "${STATD_PORT:?}"

log=/var/log/ganesha/ganesha.log # as Ganesha's package sets it

# The files are on a data volume; FOLDER is where everybody finds them.
mount_folder() {
  local unit
  unit=$(systemd-escape --path --suffix=mount "$FOLDER")
  install -d -m 0777 -o nobody -g nogroup "$DISK" "$FOLDER"
  if ! shows_disk; then
    note_change
    systemctl stop "$kernel" "$ganesha" 2>/dev/null || true
    unmount_shared
  fi
  write "/etc/systemd/system/$unit" <<EOT
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
EOT
  systemctl daemon-reload
  systemctl enable --quiet "$unit"
  systemctl start "$unit"
}

# Whether FOLDER is what DISK is now: another path, or a volume that was mounted there since, is not.
shows_disk() {
  mountpoint --quiet "$FOLDER" && [ "$(stat --format '%d:%i' "$FOLDER")" = "$(stat --format '%d:%i' "$DISK")" ]
}

serve_by_kernel() {
  modprobe --quiet nfsd || true # it may be built in
  if ! grep -qw nfsd /proc/filesystems; then
    say "its kernel has no NFS server; allowed: another nfs.machine, or nfs.server: ganesha"
    exit 1
  fi
  stop_unit "$ganesha"
  install -d /etc/exports.d
  fix_ports
  put_together kernel
  start "$kernel"
  exportfs -ra
}

# ganesha_settings: GANESHA without what this version does not know, and would complain of at each look at its clients.
ganesha_settings() {
  local option=allow_set_io_flusher_fail
  if grep --quiet --ignore-case $option "$(command -v ganesha.nfsd)"; then
    echo "$GANESHA"
  else
    grep --invert-match --ignore-case $option <<<"$GANESHA"
  fi
}

serve_by_ganesha() {
  stop_unit "$kernel"
  changed='' fix_ports # are none of its own
  rm -f /etc/exports.d/nuvla-swarm.exports
  mask_ganesha_locks
  ganesha_settings | write "$config/ganesha.conf"
  put_together ganesha
  start "$ganesha"
  check_export
}

# exports_folder: by Ganesha's own list on D-Bus; `showmount` would name to each client only what that client may mount.
exports_folder() {
  local list
  list=$(busctl call org.ganesha.nfsd /org/ganesha/nfsd/ExportMgr org.ganesha.nfsd.exportmgr ShowExports 2>&1)
  [[ $list == *"\"$FOLDER\""* ]]
}

# check_export: Ganesha runs, and listens, also when it cannot export anything.
check_export() {
  local deadline=$((SECONDS + 10))
  until exports_folder; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      say "Ganesha does not export $FOLDER, whose files are in $DISK, on a file system of type" \
        "$(stat --file-system --format %T "$DISK"); its log says:"
      { grep EXPORT "$log" || echo 'nothing of exports'; } | tail -n 3 >&2
      echo "Allowed: a file system that NFS can export, such as ext4 or xfs, or nfs.server: kernel" >&2
      exit 1
    fi
    sleep 0.5
  done
}

# start UNIT: until it listens on all of its ports.
start() {
  local deadline=$((SECONDS + 30)) port
  systemctl enable --quiet rpcbind.service "$1"
  if [ -e "$changed" ] || ! systemctl is-active --quiet "$1"; then systemctl restart "$1"; fi
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
changed=$config/changed
mount_folder
"serve_by_$KIND"
rm -f "$changed"
