#!/usr/bin/env bash
# Prepares a machine for files that are shared at FOLDER. With the functions of machines/scripts/apt.sh and nfs.sh.
#   prepare   installs those of the PACKAGES that it lacks; unless it SERVES the files, it no longer does
#   stop      it no longer serves them
set -euo pipefail
: "${PACKAGES:?}" "${FOLDER:?}" "${SERVES?}" "${PORTS:?}" "${MODULES:?}" "${SYSCTLS:?}" "${STATD_PORT:?}"

prepare() {
  local wanted
  [ -n "$SERVES" ] || fix_ports # a server does that when it starts
  read -ra wanted <<<"$PACKAGES"
  if ! dpkg --status "${wanted[@]}" >/dev/null 2>&1; then
    say "installs $PACKAGES"
    begin_installation
    install_packages "${wanted[@]}"
  fi
  if [ -z "$SERVES" ]; then stop_serving; fi
  help_to_mount
}

# Volumes without a version are of version 3. That needs rpcbind to mount and statd to lock, which nobody starts for an
# engine: packages start nothing while the program installs them, and statd is started by the command `mount` alone.
help_to_mount() {
  if serves; then mask_ganesha_locks; fi
  systemctl enable --quiet rpcbind.service
  systemctl add-wants --quiet multi-user.target rpc-statd.service
  await_statd
}

# await_statd: it fails where rpcbind, or the network, is about to start.
await_statd() {
  local told deadline=$((SECONDS + 15))
  until told=$(systemctl start rpcbind.service rpc-statd.service 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then
      say "$told; it says:"
      journalctl --no-pager --lines 5 --unit rpc-statd.service >&2
      exit 1
    fi
    sleep 1
    systemctl reset-failed rpc-statd.service 2>/dev/null || true # it may not be loaded
  done
}

case "$1" in
  prepare) prepare ;;
  stop) stop_serving ;;
esac
