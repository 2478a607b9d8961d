#!/usr/bin/env bash
# Lets MACHINE take part in who has ADDRESS. With the functions of machines/scripts/apt.sh.
#   add      installs keepalived if it is missing; one of the program's own runs as UNIT, with the settings CONFIG
#   remove   stops it, so that another manager gets the address; the package stays until the host leaves
set -euo pipefail
: "${MACHINE:?}" "${ADDRESS:?}" "${PRIVATE_ADDRESS:?}" "${CONFIG:?}" "${NAME:?}" "${UNIT:?}"
export PATH=$PATH:/usr/sbin:/sbin

settings=/etc/nuvla-swarm/keepalived.conf
unit=/etc/systemd/system/$NAME
changed=/etc/nuvla-swarm/keepalived.changed # there until keepalived knows of a change, also if a run was killed
patience_s=10

say() { echo "$MACHINE: $*" >&2; }
fail() { say "$@"; exit 1; }

# own_interface: the one with PRIVATE_ADDRESS, by which the managers reach each other
own_interface() {
  ip -4 -oneline address show | awk -v own="$PRIVATE_ADDRESS" '{ sub("/.*", "", $4) } $4 == own { found = $2 } END { print found }'
}

# interface_of_network: the one whose network holds ADDRESS
interface_of_network() {
  ip -4 -oneline route show match "$ADDRESS" scope link | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") found = $(i + 1) } END { print found }'
}

networks() { ip -4 -oneline route show proto kernel scope link | awk '{ print $1 }' | sort -u | paste -s -d ' '; }

install_keepalived() {
  if dpkg --status keepalived curl >/dev/null 2>&1; then return; fi
  say "installs keepalived"
  begin_installation
  install_packages keepalived curl || fail "keepalived cannot be installed; see what keeps apt from it, or remove machines.virtual_ip"
}

# write PATH WHAT < CONTENT: whole or not at all; notes WHAT a change needs.
write() {
  cat >"$1.new"
  if cmp --silent "$1.new" "$1"; then
    rm -f "$1.new"
  else
    echo "$2" >>"$changed"
    mv -f "$1.new" "$1"
  fi
}

is_running() { systemctl is-active --quiet "$NAME"; }

# start: a reload keeps the address where it is.
start() {
  local deadline=$((SECONDS + patience_s))
  systemctl daemon-reload
  systemctl enable --quiet "$NAME"
  if grep -qx restart "$changed" 2>/dev/null; then
    systemctl restart "$NAME"
  elif [ -e "$changed" ] || ! is_running; then
    systemctl reload-or-restart "$NAME"
  fi
  until is_running; do
    [ "$SECONDS" -lt "$deadline" ] || fail "its keepalived does not run; see 'journalctl --unit $NAME' there"
    sleep 0.5
  done
  rm -f "$changed"
}

add() {
  local interface device config
  interface=$(own_interface)
  device=$(interface_of_network)
  [ -n "$interface" ] || fail "has no interface with its own address $PRIVATE_ADDRESS, which machines.virtual_ip needs"
  [ -n "$device" ] ||
    fail "has no network with $ADDRESS; its networks: $(networks); allowed as machines.virtual_ip: a free address in a network of all managers"
  install_keepalived
  config=${CONFIG//@interface@/$interface}
  config=${config//@device@/$device}
  install -d -m 0755 "${settings%/*}"
  write "$settings" reload <<<"$config"
  write "$unit" restart <<<"$UNIT"
  start
}

remove() {
  if systemctl cat "$NAME" >/dev/null 2>&1; then systemctl disable --quiet --now "$NAME"; fi
  rm -f "$unit" "$unit.new" "$settings" "$settings.new" "$changed"
  systemctl daemon-reload
}

case "$1" in
  add) add ;;
  remove) remove ;;
esac
