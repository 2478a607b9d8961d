#!/bin/bash
# Notes for node-exporter whether this manager has the virtual IP. keepalived runs it after each change but its own end, and
# its unit before and after. keepalived waits for no script, and two may run at once (acassen/keepalived#1055): so they look for
# the address themselves, one after the other, and whatever their order, the last one looks after the last change.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

settings=/etc/nuvla-swarm/keepalived.conf
metrics=/etc/nuvla-swarm/metrics

install -d -m 0755 "$metrics"
exec 9<"$metrics"
flock 9
address=$(sed -n 's|^ *\([0-9.]*\)/32 dev .*|\1|p' "$settings")
has=0
if [ -n "$(ip -4 -oneline address show to "$address/32")" ]; then has=1; fi
echo "nuvla_swarm_virtual_ip $has" >"$metrics/virtual_ip.prom.new"
chmod 0644 "$metrics/virtual_ip.prom.new"
mv -f "$metrics/virtual_ip.prom.new" "$metrics/virtual_ip.prom"
