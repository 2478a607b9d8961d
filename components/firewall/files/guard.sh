#!/bin/bash
# Lies on each machine, and keeps its table of rules in force.
#   load    the rules; those that let nobody in but operators, if there are any and the rules cannot be loaded
#   look    once: loads the table if somebody took it away, tells it of the engine's networks, and notes how it is for
#           node-exporter. Fails unless the rules are in force.
#   watch   looks again and again
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
umask 022 # node-exporter is not root

rules=/etc/nuvla-swarm/firewall.nft
closed=/etc/nuvla-swarm/firewall-closed.nft
metrics=/run/nuvla-swarm-metrics/firewall.prom
lock=/run/nuvla-swarm-firewall.lock
again=/run/nuvla-swarm-firewall-loaded-again # how often somebody had taken the table away
pause_s=10

say() { echo "firewall: $*" >&2; }

# The whole of it: what operators alone come in by has no such chain.
in_force() { nft list chain inet nuvla_swarm forwarded >/dev/null 2>&1; }
is_there() { nft list table inet nuvla_swarm >/dev/null 2>&1; }

load() {
  if nft --file "$rules"; then return; fi
  if [ -s "$closed" ]; then
    say "the rules cannot be loaded: only operators can connect, by SSH"
    nft --file "$closed"
  fi
  return 1
}

# Those that the engine named itself: by the id of their network, but for two.
bridges() {
  local place name
  for place in /sys/class/net/*/bridge; do
    name=${place%/bridge}
    name=${name##*/}
    if [[ $name =~ ^(docker0|docker_gwbridge|br-[0-9a-f]{12})$ ]]; then echo "$name"; fi
  done
}

# What the table has to know of the engine's networks, whatever their addresses are; it forgets those that are gone.
networks() {
  local name names=(docker0 docker_gwbridge) ranges=()
  while read -r name; do
    names+=("$name")
    mapfile -t -O "${#ranges[@]}" ranges < <(ip -4 route list dev "$name" proto kernel scope link | cut -d ' ' -f 1)
  done < <(bridges)
  echo "flush set inet nuvla_swarm bridges"
  echo "flush set inet nuvla_swarm networks"
  names=("${names[@]/#/\"}")
  elements bridges "${names[@]/%/\"}"
  elements networks "${ranges[@]}"
}

# elements SET ELEMENT...
elements() {
  local set=$1 IFS=,
  shift
  [ "$#" -eq 0 ] || echo "add element inet nuvla_swarm $set { $* }"
}

count() { cat "$again" 2>/dev/null || echo 0; }

# note IN_FORCE: whole or not at all, as it is read meanwhile; that it is new tells that somebody looks
note() {
  local text
  mkdir -p "${metrics%/*}"
  text="# HELP nuvla_swarm_firewall_in_force Whether the rules of the machine are loaded.
# TYPE nuvla_swarm_firewall_in_force gauge
nuvla_swarm_firewall_in_force $1
# HELP nuvla_swarm_firewall_loaded_again_total How often the rules had been taken away, since the machine started.
# TYPE nuvla_swarm_firewall_loaded_again_total counter
nuvla_swarm_firewall_loaded_again_total $(count)"
  if cmp -s "$metrics" <<<"$text"; then
    touch "$metrics"
  else
    echo "$text" >"$metrics.new"
    mv -f "$metrics.new" "$metrics"
  fi
}

look() {
  if [ ! -s "$rules" ]; then return; fi # none were confirmed yet
  exec 9>"$lock" # one at a time
  flock 9
  if ! is_there; then
    say "somebody removed the table; it is loaded again"
    echo $(($(count) + 1)) >"$again.new"
    mv -f "$again.new" "$again"
  fi
  in_force || load || true
  if in_force; then
    networks | nft --file - || say "the engine's networks could not be added to the table"
    note 1
  else
    note 0
  fi
  exec 9>&-
  in_force
}

case "$1" in
  load) load ;;
  look) look ;;
  watch)
    while true; do
      look || true
      sleep "$pause_s"
    done
    ;;
esac
