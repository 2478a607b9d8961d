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

stopped=/run/nuvla-swarm-engine-stopped # when, in seconds, and how many machines there are
table=nuvla_swarm_engine
counts='{{.ControlAvailable}} {{.Managers}} {{.Nodes}}'

# notice_s NODES: a machine asks another one each second, and suspects one that does not answer for 4 s or more, until others
# say the same (hashicorp/memberlist, DefaultLANConfig, suspicion.go). Nothing here shows what they think.
notice_s() {
  if [ "$1" -le 3 ]; then echo 5; elif [ "$1" -le 10 ]; then echo 7; else echo 9; fi
}

speak() { if nft list table inet "$table" >/dev/null 2>&1; then nft delete table inet "$table"; fi; }

# An engine that has ended by itself answers no more. The kernel forgets the port, so that no table is left in force.
stop() {
  local manager managers nodes
  if [ -z "${MAINPID:-}" ]; then return 0; fi
  read -r manager managers nodes < <(timeout --kill-after=1 5 docker --host unix:///run/docker.sock info --format "{{with .Swarm}}$counts{{end}}") ||
    return 0
  if [ "$manager $managers" != "true 1" ] || [ "$nodes" -le 1 ]; then return 0; fi
  nft --file - <<RULES
table inet $table
delete table inet $table
table inet $table {
  set gossip { type inet_service; flags timeout; elements = { 7946 timeout 2m }; }
  chain words { type filter hook output priority filter; udp dport @gossip drop; }
}
RULES
  echo "$(date +%s) $nodes" >"$stopped"
}

start() {
  local at nodes left_s
  speak
  if ! read -r at nodes 2>/dev/null <"$stopped"; then return 0; fi
  rm -f "$stopped"
  left_s=$((at + $(notice_s "$nodes") - $(date +%s)))
  if [ "$left_s" -gt 0 ] && [ "$left_s" -le "$(notice_s "$nodes")" ]; then sleep "$left_s"; fi
}

case "$1" in
  stop) stop ;;
  stopped)
    speak
    if [ -e "$stopped" ]; then echo "$(date +%s) $(cut -d ' ' -f 2 "$stopped")" >"$stopped"; fi
    ;;
  start) start ;;
esac
