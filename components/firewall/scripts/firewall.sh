#!/usr/bin/env bash
# Loads RULES as the machine's inbound firewall, and keeps EPHEMERAL ("first last") but RESERVED for outgoing connections:
# now, and at every start.
set -euo pipefail
: "${RULES:?}" "${EPHEMERAL:?}" "${RESERVED:?}"

folder=/etc/nuvla-swarm

install -d -m 0755 "$folder"
printf '%s\n' "$RULES" >"$folder/firewall.nft.new"
if ! nft --check --file "$folder/firewall.nft.new"; then
  echo "$(hostname): nft refuses the rules; those that were there before are kept" >&2
  exit 1
fi
mv -f "$folder/firewall.nft.new" "$folder/firewall.nft"
cat >"$folder/ports.conf" <<EOF
net.ipv4.ip_local_port_range = $EPHEMERAL
net.ipv4.ip_local_reserved_ports = $RESERVED
EOF

# Not Debian's nftables.service: that one starts by removing everybody's rules, Docker's too.
cat >/etc/systemd/system/nuvla-swarm-firewall.service <<EOF
[Unit]
Description=Inbound firewall of nuvla-swarm
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file $folder/firewall.nft
ExecStart=/usr/sbin/sysctl --quiet --load=$folder/ports.conf

[Install]
WantedBy=sysinit.target
EOF
systemctl daemon-reload
systemctl enable --quiet nuvla-swarm-firewall.service
systemctl restart nuvla-swarm-firewall.service
