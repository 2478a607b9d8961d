#!/usr/bin/env bash
# Loads RULES as the machine's firewall, and keeps EPHEMERAL ("first last") but RESERVED for outgoing connections: now, and
# at every start, with CLOSED where RULES cannot be loaded. GUARD is a script that keeps them in force.
# With CONFIRM, new rules are first on trial: unless this runs again within TRIAL_S seconds, which takes a new connection,
# the rules before them are back. ON_TRIAL is what it says when it has to run again.
set -euo pipefail
: "${MACHINE:?}" "${RULES:?}" "${CLOSED?}" "${GUARD:?}" "${EPHEMERAL:?}" "${RESERVED:?}" "${CONFIRM?}" "${TRIAL_S:?}" "${ON_TRIAL:?}"

folder=/etc/nuvla-swarm
rules=$folder/firewall.nft
ports=$folder/ports.conf
trial=/run/nuvla-swarm-trial
revert=nuvla-swarm-firewall-revert
unit=nuvla-swarm-firewall.service
guard=nuvla-swarm-firewall-guard.service
keeper=$folder/firewall-guard.sh
closed=$folder/firewall-closed.nft
own_rules=/etc/systemd/system/nftables.service.d
table="inet nuvla_swarm"

fail() { echo "$MACHINE: $*" >&2; exit 1; }

# write PATH < CONTENT: at once, as the machine may start in between.
write() {
  cat >"$1.new"
  mv -f "$1.new" "$1"
}

# Without what is in its sets: the guard changes some.
# shellcheck disable=SC2086 # a family and a name
loaded() { nft --stateless --terse list table $table 2>/dev/null; }
in_force() { cmp -s "$rules.new" "$rules" && loaded >/dev/null; }

# What new rules take the place of.
rules_before() {
  if [ -e "$rules" ]; then cat "$rules"; else printf 'table %s\ndelete table %s\n' "$table" "$table"; fi
}

end_trial() {
  systemctl stop "$revert.timer" "$revert.service" 2>/dev/null || true
  rm -rf "$trial"
}

put_back() {
  end_trial
  rules_before | nft --file -
}

start_trial() {
  install -d -m 0700 "$trial"
  rules_before >"$trial/before.nft"
  cp "$rules.new" "$trial/rules.nft"
  systemd-run --quiet --collect --unit "$revert" --on-active "$TRIAL_S" --timer-property AccuracySec=100ms \
    /usr/sbin/nft --file "$trial/before.nft"
  nft --file "$rules.new"
  loaded >"$trial/loaded.new"
  mv -f "$trial/loaded.new" "$trial/loaded"
  fail "$ON_TRIAL for $TRIAL_S s"
}

# That this runs at all shows that a new connection comes through the rules, if they are still those on trial.
on_trial() {
  systemctl is-active --quiet "$revert.timer" && cmp -s "$rules.new" "$trial/rules.nft" &&
    loaded | cmp -s - "$trial/loaded"
}

write_units() {
  write "/etc/systemd/system/$unit" <<EOF
[Unit]
Description=Firewall of nuvla-swarm
DefaultDependencies=no
After=nftables.service
Before=network-pre.target
Wants=network-pre.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/sysctl --quiet --load=$ports
ExecStart=/bin/bash $keeper load

[Install]
WantedBy=sysinit.target
EOF
  # The host's own rules, which begin by removing everybody's.
  install -d -m 0755 "$own_rules"
  write "$own_rules/nuvla-swarm.conf" <<EOF
[Service]
ExecStartPost=-/bin/bash $keeper load
ExecReload=-/bin/bash $keeper load
ExecStopPost=-/bin/bash $keeper load
EOF
  write "/etc/systemd/system/$guard" <<EOF
[Unit]
Description=Guard of the firewall of nuvla-swarm
After=$unit

[Service]
ExecStart=/bin/bash $keeper watch
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
EOF
}

install -d -m 0755 "$folder"
printf '%s\n' "$RULES" >"$rules.new"
if ! nft --check --file "$rules.new"; then
  rm -f "$rules.new"
  fail "nft refuses the rules; those that were there before are kept"
fi
if [ -n "$CONFIRM" ] && ! in_force && ! on_trial; then
  put_back
  start_trial
fi
write "$closed" <<<"$CLOSED"
mv -f "$rules.new" "$rules"
end_trial
write "$ports" <<EOF
net.ipv4.ip_local_port_range = $EPHEMERAL
net.ipv4.ip_local_reserved_ports = $RESERVED
EOF
# Bash reads a script while it runs, from the file that it has opened.
write "$keeper" <<<"$GUARD"
write_units
systemctl daemon-reload
systemctl enable --quiet "$unit" "$guard"
systemctl restart "$unit" "$guard" || true
bash "$keeper" look || fail "its rules are not in force; \`journalctl --unit $unit\` there says why"
