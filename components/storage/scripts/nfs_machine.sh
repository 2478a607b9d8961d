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
  systemctl enable --quiet rpcbind.service
  systemctl add-wants --quiet multi-user.target rpc-statd.service
  systemctl start rpcbind.service rpc-statd.service
}

case "$1" in
  prepare) prepare ;;
  stop) stop_serving ;;
esac
