#!/usr/bin/env bash
# Waits until the first boot of a cloud's machine is over, and gives the machine the addresses that the cloud sends to it
# but does not set: PRIVATE_ADDRESS ("<ipv4>/<prefix>") on its second network, and ELASTIC_IP. Either may be empty.
set -euo pipefail
: "${PRIVATE_ADDRESS?}" "${ELASTIC_IP?}"

patience_s=300

say() { echo "$(hostname): $*" >&2; }
fail() { say "$*"; exit 1; }

# await WHAT COMMAND...: until the command succeeds.
await() {
  local what=$1 deadline=$((SECONDS + patience_s))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$what, after $patience_s s"
    sleep 0.5
  done
}

await_first_boot() {
  command -v cloud-init >/dev/null || return 0
  cloud-init status --wait >/dev/null || say "its first boot had errors: see \`cloud-init status --long\` there"
}

# The system's own updates, which a first boot starts: they hold locks that apt does not wait for.
no_updates() { [ -z "$(systemctl list-units --state=activating --no-legend 'apt-daily*.service')" ]; }

# The first network is the one with the default route.
second_nic() {
  local first nic
  first=$(ip -4 route show default | awk '{for (i = 1; i < NF; i++) if ($i == "dev") {print $(i + 1)}}')
  for nic in /sys/class/net/e*; do
    nic=${nic##*/}
    [ ! -e "/sys/class/net/$nic" ] || grep -qx "$nic" <<<"$first" || { echo "$nic" && return; }
  done
}

has_second_nic() { [ -n "$(second_nic)" ]; }

# keep NAME ADDRESS INTERFACE: the interface has the address, now and at every start; without an address, no longer.
keep() {
  local unit=nuvla-swarm-$1.service address=$2 interface=$3 file ip
  file=/etc/systemd/system/$unit
  if [ -z "$address" ]; then
    rm -f "$file.new"
    [ -e "$file" ] || return 0
    systemctl disable --quiet --now "$unit"
    rm "$file"
    systemctl daemon-reload
    return
  fi
  ip=$(command -v ip)
  cat >"$file.new" <<END
[Unit]
Description=Address $address, which the cloud sends to this machine
After=network-pre.target
Before=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
Type=oneshot
RemainAfterExit=yes
Restart=on-failure
RestartSec=1
ExecStart=$ip link set $interface up
ExecStart=$ip address replace $address dev $interface
ExecStop=-$ip address delete $address dev $interface

[Install]
WantedBy=multi-user.target
END
  if cmp --silent "$file" "$file.new" && systemctl is-active --quiet "$unit"; then
    rm "$file.new"
    return
  fi
  [ ! -e "$file" ] || systemctl stop "$unit"
  mv "$file.new" "$file"
  systemctl daemon-reload
  systemctl enable --quiet "$unit"
  systemctl restart "$unit"
}

await_first_boot
await "its own updates do not end" no_updates
nic=
if [ -n "$PRIVATE_ADDRESS" ]; then
  await "it has no second network interface, for $PRIVATE_ADDRESS" has_second_nic
  nic=$(second_nic)
fi
keep private-address "$PRIVATE_ADDRESS" "$nic"
keep elastic-ip "${ELASTIC_IP:+$ELASTIC_IP/32}" lo
