#!/usr/bin/env bash
# With the functions of machines/scripts/apt.sh. DAY is that of the settings: with another one, the packages are new again.
#   run    upgrades all packages of the system but the engine's and those that are held, and starts the machine anew
#          if that needs it: if packages ask for it, a newer kernel is installed than runs, or a service runs what is no
#          longer on the disk. Prints DAY, which start of the machine this is, and `restarts` if the machine starts anew,
#          once its caller is gone
#   rerun  as `run`, but upgrades nothing again that a run for DAY has: this script also runs again when the program connects
#          with another key, or is another version
#   check  before `run`: changes nothing but the lists of apt; prints `member` if the engine is in a swarm, and behind it
#          `restart` if there is anything to upgrade or to start anew for
#   recheck  the same before `rerun`
#   start  prints which start of the machine this is
# shellcheck disable=SC2154 # those are variables of apt.sh
set -euo pipefail
: "${MACHINE:?}" "${DAY:?}"

patience_s=600 # of apt.sh: an upgrade that the system makes by itself takes minutes
caller_patience_s=30
unit=nuvla-swarm-restart.service
of_engine=(docker-ce docker-ce-cli containerd.io docker.io docker-cli)
preferences=/run/nuvla-swarm-preferences # of apt: those of the machine, and that the engine stays
upgraded=/etc/nuvla-swarm/upgraded # the DAY of the last run that came to its end

# this_start: another one after each start of the machine, also of one that shares the kernel of its host.
this_start() { echo "$(cat /proc/sys/kernel/random/boot_id)-$(cut -d ' ' -f 22 /proc/1/stat)"; }

is_member() { [[ $(docker info --format '{{.Swarm.LocalNodeState}}' 2>/dev/null) =~ ^(active|pending)$ ]]; }

# read_lists: all of them. By itself, apt goes on with the lists of the last time if a repository does not answer.
read_lists() {
  lock_packages
  patiently apt-get update -qq -o APT::Update::Error-Mode=any || {
    echo "$MACHINE: apt cannot read its lists of packages; the lines above say why; mend that, and run \`make up\` again" >&2
    exit 1
  }
}

# keep_engine: its version is a setting, also where it is the host's own, whose packages nobody has held.
keep_engine() {
  {
    cat /etc/apt/preferences 2>/dev/null || true
    printf '\nPackage: %s\nPin: version *\nPin-Priority: -1\n' "${of_engine[*]}"
  } >"$preferences"
  apt_options+=(-o "Dir::Etc::preferences=$preferences")
}

# has_upgrades: or packages that an interrupted installation has left, which keep apt from saying more.
has_upgrades() {
  local told
  told=$(apt-get --simulate upgrade --with-new-pkgs "${apt_options[@]}" 2>/dev/null </dev/null) || return 0
  [[ $told =~ (^|$'\n')(Inst|Conf)' ' ]]
}

has_newer_kernel() {
  local running newest
  running=/boot/vmlinuz-$(uname -r)
  [ -e "$running" ] || return 1 # the kernel is no package of this machine
  newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' | sort --version-sort | tail -1)
  [ "$newest" != "$running" ]
}

# runs_replaced_files: whether a service runs a program or a library that was replaced since its start.
runs_replaced_files() {
  local process
  for process in 1 $(systemctl show --property MainPID --value '*.service'); do
    if grep -qE ' /(usr/)?(s?bin|lib)[^ ]* \(deleted\)$' "/proc/$process/maps" 2>/dev/null; then return; fi
  done
  return 1
}

is_restarting() { systemctl is-active --quiet "$unit"; }

is_done() { [ "$(cat "$upgraded" 2>/dev/null)" = "$DAY" ] && ! is_restarting; }

note_done() {
  install -d -m 0755 "${upgraded%/*}"
  echo "$DAY" >"$upgraded.new"
  mv -f "$upgraded.new" "$upgraded"
}

needs_restart() { [ -e /run/reboot-required ] || has_newer_kernel || runs_replaced_files; }

# restart: a caller whose connection ends before it knows that this script ended would take it for failed.
restart() {
  if is_restarting; then return; fi # of a run that was killed
  systemd-run --quiet --collect --unit "$unit" \
    bash -c "timeout $caller_patience_s tail --pid=$PPID -f /dev/null; systemctl reboot"
}

check() {
  is_member || return 0
  read_lists
  keep_engine
  if has_upgrades || needs_restart; then echo member restart; else echo member; fi
}

recheck() {
  if ! is_done; then
    check
  elif is_member; then
    echo member
  fi
}

run() {
  read_lists
  keep_engine
  complete_packages
  patiently apt-get -o DPkg::Lock::Timeout="$patience_s" upgrade --with-new-pkgs "${apt_options[@]}" || {
    echo "$MACHINE: its packages cannot be upgraded; the lines above say why; mend that, and run \`make up\` again" >&2
    exit 1
  }
  if needs_restart; then
    restart
    note_done
    echo "$DAY $(this_start) restarts"
  else
    note_done
    echo "$DAY $(this_start)"
  fi
}

rerun() { if is_done; then echo "$DAY $(this_start)"; else run; fi; }

case "$1" in
  run) run ;;
  rerun) rerun ;;
  check) check ;;
  recheck) recheck ;;
  start) this_start ;;
esac
