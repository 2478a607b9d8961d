#!/usr/bin/env bash
# Runs on a host that exists already: before anything is changed there, and after all else was undone. Uses the functions
# of machines/scripts/apt.sh.
#   note    notes how the host is, unless that was done. Prints whose it is, then what the engine's daemon.json was
#   leave   takes away what the program put there and the packages that it installed, if the host is that machine
# MACHINE is its name, OWNER the infrastructure that it is part of.
set -euo pipefail
: "${MACHINE:?}" "${OWNER:?}"
: "${REPLACED:?}" "${ADDED:?}" "${EMPTY_FOLDERS:?}" "${EMPTIED:?}" "${UNITS:?}" "${VOLUMES:?}" "${SYSCTLS:?}"
export PATH=$PATH:/usr/sbin:/sbin

folder=/etc/nuvla-swarm
before=$folder/before
left=$folder.left # the folder while it is removed
# What the program puts on a host, as its parts declare it.
read -r -a written <<<"$REPLACED"
read -r -a added <<<"$ADDED"
read -r -a folders <<<"$EMPTY_FOLDERS"
read -r -a of_engine <<<"$EMPTIED"
read -r -a units <<<"$UNITS"
read -r -a of_services <<<"$VOLUMES"
read -r -a settings <<<"$SYSCTLS"

say() { echo "$MACHINE: $*" >&2; }

has() { command -v "$1" >/dev/null; }
engine_version() { dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9.]*\).*/\1/p' || true; }
tables() { if has nft; then nft list tables; fi; }
volumes() { docker volume ls --quiet 2>/dev/null || true; } # there may be no Docker
links() { ls /sys/class/net; }
state() {
  local told
  told=$(systemctl "$1" "$2" 2>/dev/null || true) # it fails for what is off
  echo "${told:-none}"
}
is_empty() { [ -z "$(ls -A "$1" 2>/dev/null)" ]; }

# write PATH < CONTENT: at once, so that there is no part of it.
write() {
  cat >"$1.new"
  mv -f "$1.new" "$1"
}

# Whatever happens later, this is how the host was. It counts once its owner is written, and that is the end.
note() {
  local file new=$before.new
  rm -rf "$new"
  install -d -m 0755 "$folder"
  install -d -m 0700 "$new" "$new/files"
  for file in "${written[@]}"; do
    if [ -e "$file" ]; then
      install -d "$new/files${file%/*}"
      cp -a "$file" "$new/files$file"
    fi
  done
  for file in "${of_engine[@]}" "${folders[@]}"; do
    if [ ! -e "$file" ]; then echo "$file"; fi
  done >"$new/absent"
  for file in "${of_engine[@]}"; do
    if is_empty "$file"; then echo "$file"; fi
  done >"$new/empty"
  for file in "${settings[@]}"; do sysctl "$file"; done >"$new/sysctl.conf"
  for file in "${units[@]}"; do echo "$file $(state is-enabled "$file") $(state is-active "$file")"; done >"$new/units"
  tables >"$new/tables"
  links >"$new/links"
  volumes >"$new/volumes"
  { if has iptables; then iptables -S FORWARD 2>/dev/null; fi; } | sed -n 's/^-P FORWARD //p' >"$new/forward"
  engine_version >"$new/engine"
  rm -rf "$before"
  mv "$new" "$before"
  write "$folder/machine" <<<"$MACHINE"
  sync --file-system "$folder"
  write "$folder/owner" <<<"$OWNER"
}

# alone OWN PACKAGE...: whether the packages can go without any that is not among OWN.
alone() {
  local own=$1
  shift
  ! apt-get --simulate purge "$@" 2>/dev/null | awk '/^(Purg|Remv) /{print $2}' | grep -vxF "$own" >/dev/null
}

# Those of the packages that can go without others.
spare() {
  local own package
  own=$(printf '%s\n' "$@")
  if alone "$own" "$@"; then echo "$own"; return; fi
  for package in "$@"; do
    if alone "$own" "$package"; then echo "$package"; fi
  done
}

remove_packages() {
  local packages
  mapfile -t packages < <(sort -u "$folder/installed" 2>/dev/null | while read -r package; do
    if dpkg --status "$package" >/dev/null 2>&1; then echo "$package"; fi
  done)
  [ "${#packages[@]}" -gt 0 ] || return 0
  mapfile -t packages < <(spare "${packages[@]}")
  [ "${#packages[@]}" -gt 0 ] || return 0
  say "removes ${packages[*]}"
  purge_packages "${packages[@]}"
}

remove_firewall() {
  systemctl stop nuvla-swarm-firewall-revert.timer nuvla-swarm-firewall-revert.service 2>/dev/null || true
  local unit
  for unit in nuvla-swarm-firewall-guard.service nuvla-swarm-firewall.service; do # what loads the table again, first
    if systemctl cat "$unit" >/dev/null 2>&1; then systemctl disable --quiet --now "$unit"; fi
  done
  rm -f /etc/systemd/system/nftables.service.d/nuvla-swarm.conf
  if has nft && nft list table inet nuvla_swarm >/dev/null 2>&1; then nft delete table inet nuvla_swarm; fi
}

# An engine leaves its interfaces and its rules behind.
stop_engine() {
  local netns link tool family table policy
  policy=$(cat "$before/forward")
  systemctl stop docker.socket docker.service containerd.service 2>/dev/null || true
  systemctl reset-failed docker.socket docker.service containerd.service 2>/dev/null || true
  rm -f /run/docker.sock
  for netns in /run/docker/netns/*; do
    if [ -e "$netns" ]; then umount "$netns" 2>/dev/null || true; fi
  done
  while read -r link; do ip link delete "$link" 2>/dev/null || true; done < <(
    links | grep -vxFf "$before/links" | grep -E '^(docker0|docker_gwbridge|br-[0-9a-f]{12}|veth.*|vx-.*)$' || true)
  for tool in iptables ip6tables; do
    has "$tool" || continue
    for table in nat filter raw mangle; do
      { "$tool-save" --counters --table "$table" 2>/dev/null || true; } |
        sed -E -e '/DOCKER([^_A-Z]|$)|docker0|docker_gwbridge|br-[0-9a-f]{12}/d' -e "s/^:FORWARD DROP/:FORWARD ${policy:-ACCEPT}/" |
        "$tool-restore" --counters 2>/dev/null || true
    done
  done
  while read -r _ family table; do
    if ! nft list table "$family" "$table" | grep -vE '^(#|table|\s*chain|\s*type|\s*\}|$)' >/dev/null; then
      nft delete table "$family" "$table"
    fi
  done < <(tables | grep -vxFf "$before/tables" | grep -E ' ip6? (nat|filter|mangle|raw)$' || true)
}

# What a swarm leaves on an engine of the host's own.
clean_engine() {
  local volume
  grep -qx docker_gwbridge "$before/links" || docker network rm docker_gwbridge >/dev/null 2>&1 || true
  for volume in "${of_services[@]}"; do
    grep -qx "$volume" "$before/volumes" || docker volume rm --force "$volume" >/dev/null || say "keeps the volume $volume"
  done
}

# restore PATH: as it was, or gone.
restore() {
  rm -rf "$1.new"
  if [ ! -e "$before/files$1" ]; then
    rm -rf "$1"
    return
  fi
  install -d "${1%/*}"
  cp -a "$before/files$1" "$1.new"
  [ ! -d "$1" ] || rm -rf "$1"
  mv -fT "$1.new" "$1"
}

restore_files() {
  local file
  for file in "${written[@]}" "${added[@]}"; do restore "$file"; done
  tac "$before/absent" | while read -r file; do
    if [ -d "$file" ]; then rmdir --ignore-fail-on-non-empty "$file"; fi
  done
  systemctl daemon-reload
}

# With its own settings, at its own socket, if systemd opens one for it: the program's may have taken the place of that.
restart_engine() {
  if systemctl cat docker.socket >/dev/null 2>&1; then
    systemctl restart docker.socket docker.service
  else
    systemctl restart docker.service
  fi
}

# A line for each: "<unit> <enabled> <active>". An earlier version broke them, at a "none".
noted_units() {
  awk '
    function told() {if (unit != "") print unit, enabled, active}
    $1 != "none" {told(); unit = $1; enabled = $2}
    $NF != "none" {active = $NF}
    END {told()}' "$before/units"
}

restore_units() {
  local unit enabled active
  while read -r unit enabled active; do
    case "$enabled" in
      enabled) systemctl enable --quiet "$unit" ;;
      disabled) systemctl disable --quiet "$unit" 2>/dev/null || true ;;
    esac
    case "$active $unit" in
      'active docker.service') restart_engine || say "$unit does not start again" ;;
      active\ *) systemctl start "$unit" || say "$unit does not start again" ;;
      *) systemctl stop "$unit" 2>/dev/null || true ;;
    esac
  done < <(noted_units)
}

# is_own: whether the host is this machine of this infrastructure.
is_own() {
  local owner machine
  owner=$(cat "$folder/owner" 2>/dev/null || true)
  machine=$(cat "$folder/machine" 2>/dev/null || echo "$MACHINE") # an earlier version did not note it
  if [ -n "$owner" ] && [ "$owner/$machine" != "$OWNER/$MACHINE" ]; then
    say "this host is now $machine of the infrastructure $owner, and is not restored"
  fi
  [ "$owner/$machine" = "$OWNER/$MACHINE" ]
}

# restore_settings: one by one, as the sysctl of Ubuntu 22.04 takes no empty value from a file
restore_settings() {
  local line
  while IFS= read -r line; do sysctl --quiet --write "${line/ = /=}"; done <"$before/sysctl.conf"
}

leave() {
  local file own_engine
  own_engine=$(cat "$before/engine")
  remove_firewall
  if [ -z "$own_engine" ]; then stop_engine; fi
  remove_packages
  if [ -z "$own_engine" ]; then
    while read -r file; do find "$file" -mindepth 1 -xdev -delete 2>/dev/null || true; done <"$before/empty"
  fi
  restore_files
  if [ -n "$own_engine" ]; then clean_engine; fi
  restore_units
  restore_settings
  rm -rf /run/nuvla-swarm-*
  mv "$folder" "$left"
}

rm -rf "$left"
case "$1" in
  note)
    [ -s "$folder/owner" ] || note
    if [ "$(cat "$folder/owner")" = "${OWNER% *}" ]; then write "$folder/owner" <<<"$OWNER"; fi # noted by a former version
    [ -s "$folder/machine" ] || write "$folder/machine" <<<"$MACHINE" # that one did not note it
    cat "$folder/owner"
    cat "$before/files/etc/docker/daemon.json" 2>/dev/null || true
    ;;
  leave)
    if is_own; then leave; fi
    rm -rf "$left"
    ;;
esac
