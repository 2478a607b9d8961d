#!/bin/bash
# Lies on each machine, for the unit of its engine. An engine that stops tells those of other machines that it leaves, and they
# ask one that has left again after a minute (moby/moby, rejoinClusterInterval in libnetwork/networkdb). That of the only
# manager has nobody to ask when it starts: until others come, its Traefik does not know on which machines tasks are. So it
# does not tell them. They notice that it is away, and ask every second for it from then on.
#   stop     before the engine stops: what it tells others is dropped, if its machine is the only manager of some machines
#   stopped  after that
#   start    before it starts: the others have noticed. What starts here earlier would wait for half a minute more for what
#            they know, as Docker exchanges that when a network gets its first task, and then every 30 s
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

stopped=/run/nuvla-swarm-engine-stopped # when, in seconds
table=nuvla_swarm_engine
counts='{{.ControlAvailable}} {{.Managers}} {{.Nodes}}'
# A machine asks another one each second, and waits for 4 s for its answer (hashicorp/memberlist, DefaultLANConfig). Nothing
# here shows what they think.
notice_s=5

is_dropped() { nft list table inet "$table" >/dev/null 2>&1; }

stop() {
  local manager managers nodes
  read -r manager managers nodes < <(timeout 5 docker info --format "{{with .Swarm}}$counts{{end}}") || return 0 # it is silent
  if [ "$manager $managers" != "true 1" ] || [ "$nodes" -le 1 ]; then return 0; fi
  nft --file - <<RULES
table inet $table
delete table inet $table
table inet $table {
  chain gossip { type filter hook output priority filter; meta l4proto { tcp, udp } th dport 7946 drop; }
}
RULES
}

stopped() {
  if ! is_dropped; then return 0; fi
  nft delete table inet "$table"
  date +%s >"$stopped"
}

start() {
  local left_s
  if [ ! -e "$stopped" ]; then return 0; fi
  left_s=$(($(cat "$stopped") + notice_s - $(date +%s)))
  if [ "$left_s" -gt 0 ] && [ "$left_s" -le "$notice_s" ]; then sleep "$left_s"; fi
  rm -f "$stopped"
}

case "$1" in
  stop) stop ;;
  stopped) stopped ;;
  start) start ;;
esac
