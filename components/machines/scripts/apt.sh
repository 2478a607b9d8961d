#!/usr/bin/env bash
# Functions of scripts that install or remove packages. What is installed is noted, so that it can be removed from a
# machine that goes on without the program. From `begin_installation` until the script ends, packages start no services.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

patience_s=120 # for whoever else installs something
policy=/usr/sbin/policy-rc.d
installed=/etc/nuvla-swarm/installed
installing=/etc/apt # a folder that the script that installs has locked

has_own_policy() { [ -e "$policy" ] && ! grep -qx '# nuvla-swarm' "$policy"; }

# patiently COMMAND...: again while others hold one of apt's or dpkg's locks, of which apt awaits some by itself. What it
# says is shown if it fails: a success has a hundred lines, among which nobody finds the error of another command.
patiently() {
  local told deadline=$((SECONDS + patience_s))
  until told=$("$@" 2>&1 </dev/null); do
    if [[ ! $told =~ (Could not get lock|Unable to lock|was locked by another process) || $SECONDS -ge $deadline ]]; then
      echo "$told" >&2
      return 1
    fi
    sleep 1
  done
}

# An installation that was interrupted stops apt. Packages that cannot be configured are no reason to stop: apt tells
# whether they are in the way.
complete_packages() { patiently dpkg --force-confdef --force-confold --configure -a || true; }

lock_packages() {
  exec 8<"$installing"
  flock --timeout "$patience_s" 8 || true # then apt tells who is in the way
}

begin_installation() {
  lock_packages
  trap end_installation EXIT
  # It allows all once nobody holds the lock, also if it is left behind.
  has_own_policy || write_policy
  complete_packages
  patiently apt-get update -qq
}

write_policy() {
  cat >"$policy.new" <<END
#!/bin/sh
# nuvla-swarm
if flock --nonblock $installing true; then exit 0; fi
exit 101
END
  chmod +x "$policy.new"
  mv -f "$policy.new" "$policy"
}

end_installation() { has_own_policy || rm -f "$policy"; }

# note PACKAGE...: that it is going to be installed. Those that are upgraded were there before.
note_new() {
  local new
  new=$(apt-get --simulate install "${apt_options[@]}" "$@" </dev/null | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
  [ -n "$new" ] || return 0
  install -d -m 0755 "${installed%/*}"
  { cat "$installed" 2>/dev/null || true; echo "$new"; } | sort -u >"$installed.new"
  mv -f "$installed.new" "$installed"
}

apt_options=(-qq -y --no-install-recommends -o "DPkg::Options::=--force-confdef" -o "DPkg::Options::=--force-confold")

install_packages() {
  note_new "$@"
  patiently apt-get -o DPkg::Lock::Timeout=$patience_s install "${apt_options[@]}" "$@"
}

purge_packages() {
  complete_packages
  patiently apt-get -o DPkg::Lock::Timeout=$patience_s purge -qq -y --allow-change-held-packages "$@"
}

# What a script that was killed left.
if flock --nonblock "$installing" rm -f "$installed.new"; then
  has_own_policy || rm -f "$policy" "$policy.new"
fi
