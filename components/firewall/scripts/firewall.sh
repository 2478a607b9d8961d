#!/usr/bin/env bash
# Loads RULES as the machine's inbound firewall, and keeps EPHEMERAL ("first last") but RESERVED for outgoing connections:
# now, and at every start. Without RULES, only the latter.
# With CONFIRM, new rules are first on trial: unless this runs again within TRIAL_S seconds, which takes a new connection,
# the rules before them are back. ON_TRIAL is what it says when it has to run again.
set -euo pipefail
: "${MACHINE:?}" "${RULES?}" "${EPHEMERAL:?}" "${RESERVED:?}" "${CONFIRM?}" "${TRIAL_S:?}" "${ON_TRIAL:?}"

folder=/etc/nuvla-swarm
rules=$folder/firewall.nft
trial=/run/nuvla-swarm-trial
revert=nuvla-swarm-firewall-revert
table="inet nuvla_swarm"

fail() { echo "$MACHINE: $*" >&2; exit 1; }

# shellcheck disable=SC2086 # a family and a name
loaded() { nft --stateless list table $table 2>/dev/null; }
in_force() { cmp -s "$rules.new" "$rules" && loaded >/dev/null; }

# What new rules take the place of.
rules_before() {
  if [ -e "$rules" ]; then cat "$rules"; else printf 'table %s\ndelete table %s\n' "$table" "$table"; fi
}

put_back() {
  systemctl stop "$revert.timer" 2>/dev/null || true
  rules_before | nft --file -
  rm -rf "$trial"
}

start_trial() {
  install -d -m 0700 "$trial"
  rules_before >"$trial/before.nft"
  cp "$rules.new" "$trial/rules.nft"
  systemd-run --quiet --collect --unit "$revert" --on-active "$TRIAL_S" --timer-property AccuracySec=100ms \
    /usr/sbin/nft --file "$trial/before.nft"
  nft --file "$rules.new"
  loaded >"$trial/loaded"
  fail "$ON_TRIAL for $TRIAL_S s"
}

# That this runs at all shows that a new connection comes through the rules on trial.
confirm() {
  systemctl stop "$revert.timer" 2>/dev/null || true
  if ! loaded | cmp -s - "$trial/loaded"; then
    put_back
    fail "the new rules were taken back before they were confirmed; run 'pulumi up' again"
  fi
  rm -rf "$trial"
}

write_unit() {
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
${RULES:+ExecStart=/usr/sbin/nft --file $rules}
ExecStart=/usr/sbin/sysctl --quiet --load=$folder/ports.conf

[Install]
WantedBy=sysinit.target
EOF
}

install -d -m 0755 "$folder"
if [ -n "$RULES" ]; then
  printf '%s\n' "$RULES" >"$rules.new"
  if ! nft --check --file "$rules.new"; then fail "nft refuses the rules; those that were there before are kept"; fi
  if [ -n "$CONFIRM" ] && ! in_force; then
    if systemctl is-active --quiet "$revert.timer" && cmp -s "$rules.new" "$trial/rules.nft"; then
      confirm
    else
      put_back
      start_trial
    fi
  fi
  mv -f "$rules.new" "$rules"
elif [ -e "$rules" ]; then
  rm -f "$rules"
  put_back
fi
cat >"$folder/ports.conf" <<EOF
net.ipv4.ip_local_port_range = $EPHEMERAL
net.ipv4.ip_local_reserved_ports = $RESERVED
EOF
write_unit
systemctl daemon-reload
systemctl enable --quiet nuvla-swarm-firewall.service
systemctl restart nuvla-swarm-firewall.service
