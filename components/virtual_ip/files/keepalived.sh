#!/bin/bash
# Lies on each manager, for keepalived and its unit. Requests that are under way would fail when the address moves: the
# manager that gets it does not know their connections. So new connections wait for a moment before, while these end.
#   check URL   fails if Traefik says there that it ends, or does not answer twice: another manager gets the address then
#   stop        before keepalived is stopped
#   stopped     after that
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

settings=/etc/nuvla-swarm/keepalived.conf
leaves=/run/nuvla-swarm-address-leaves # there while new connections are dropped
stops=/run/nuvla-swarm-address-stops   # there while keepalived is stopped, whatever Traefik says
table=nuvla_swarm_address
under_way_s=0.5 # with what keepalived takes, less than the second after which clients ask again

say() { echo "virtual IP: $*" >&2; }
address() { sed -n 's|^ *\([0-9.]*\)/32 dev .*|\1|p' "$settings"; }

# answer URL: the status, 000 if there is none
answer() { curl --silent --output /dev/null --max-time 2 --write-out '%{http_code}' "$1" || true; }

# The first packet of each, which clients send again after a second.
drop_new() {
  nft --file - <<RULES
table ip $table
delete table ip $table
table ip $table {
  chain new { type filter hook prerouting priority raw; ip daddr $(address) tcp flags & (syn | ack) == syn drop; }
}
RULES
}

leave() {
  if [ -e "$leaves" ]; then return 0; fi
  touch "$leaves"
  drop_new || say "new connections cannot wait; requests that are under way may fail"
  sleep "$under_way_s"
}

stay() {
  if [ -e "$stops" ] || [ ! -e "$leaves" ]; then return 0; fi
  if nft list table ip "$table" >/dev/null 2>&1; then nft delete table ip "$table"; fi
  rm -f "$leaves"
}

check() {
  local status
  status=$(answer "$1")
  if [ "$status" = 000 ]; then # it has ended, or has too much to do
    sleep 1
    status=$(answer "$1")
  fi
  case $status in
    200) stay ;;
    503) leave && return 1 ;;
    *) return 1 ;;
  esac
}

case "$1" in
  check) check "$2" ;;
  stop) touch "$stops" && leave ;;
  stopped) rm -f "$stops" && stay ;;
esac
