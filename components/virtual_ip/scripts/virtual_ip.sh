#!/usr/bin/env bash
# Lets MACHINE take part in who has ADDRESS. With the functions of machines/scripts/apt.sh.
#   add      installs keepalived if it is missing; one of the program's own runs as UNIT, with the settings CONFIG
#   remove   stops it, so that another manager gets the address; the package stays until the host leaves
set -euo pipefail
: "${MACHINE:?}" "${ADDRESS:?}" "${PRIVATE_ADDRESS:?}" "${CONFIG:?}" "${HELPER:?}" "${NOTE_STATE:?}" "${NAME:?}" "${UNIT:?}"
export PATH=$PATH:/usr/sbin:/sbin

settings=/etc/nuvla-swarm/keepalived.conf
helper=/etc/nuvla-swarm/keepalived.sh
unit=/etc/systemd/system/$NAME
note_state=/etc/nuvla-swarm/note_state.sh # keepalived runs it whenever its state changes
noted=/etc/nuvla-swarm/metrics/virtual_ip.prom # what that writes
changed=/etc/nuvla-swarm/keepalived.changed # there until keepalived knows of a change, also if a run was killed
patience_s=10
steady_looks=5 # that find the same process, a quarter of a second apart; what ended is started again after a second

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

# write PATH WHAT MODE < CONTENT: whole or not at all; notes WHAT a change needs.
write() {
  cat >"$1.new"
  if cmp --silent "$1.new" "$1"; then
    rm -f "$1.new"
  else
    chmod "$3" "$1.new"
    echo "$2" >>"$changed"
    mv -f "$1.new" "$1"
  fi
}

is_running() { systemctl is-active --quiet "$NAME"; }

# await_steady: one that refuses its settings ends at once, and systemd starts it again and again, so that it seems to run at
# times: it runs if it stays the same process.
await_steady() {
  local process former='' looks=0 deadline=$((SECONDS + patience_s))
  until [ "$looks" -ge "$steady_looks" ]; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      say "its keepalived does not keep running, as 'journalctl --unit $NAME' there tells; it says last:"
      journalctl --no-pager --output cat --lines 10 --unit "$NAME" >&2
      exit 1
    fi
    process=$(systemctl show --property MainPID --value "$NAME")
    if is_running && [ "$process" = "$former" ]; then looks=$((looks + 1)); else looks=0; fi
    former=$process
    sleep 0.25
  done
}

# start: a reload keeps the address where it is.
start() {
  systemctl daemon-reload
  systemctl enable --quiet "$NAME"
  if grep -qx restart "$changed" 2>/dev/null; then
    systemctl restart "$NAME"
  elif [ -e "$changed" ] || ! is_running; then
    systemctl reload-or-restart "$NAME"
  fi
  await_steady
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
  write "$helper" reload 0644 <<<"$HELPER"
  write "$note_state" restart 0755 <<<"$NOTE_STATE"
  write "$settings" reload 0644 <<<"$config"
  write "$unit" restart 0644 <<<"$UNIT"
  start
}

remove() {
  if systemctl cat "$NAME" >/dev/null 2>&1; then systemctl disable --quiet --now "$NAME"; fi
  rm -f "$unit" "$unit.new" "$settings" "$settings.new" "$helper" "$helper.new" "$changed"
  rm -f "$note_state" "$note_state.new" "$noted" "$noted.new"
  systemctl daemon-reload
}

case "$1" in
  add) add ;;
  remove) remove ;;
esac
