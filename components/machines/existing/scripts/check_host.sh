#!/usr/bin/env bash
# Refuses a host that cannot be MACHINE of the infrastructure OWNER, with an engine of VERSION; changes nothing there.
# PRIVATE_ADDRESS, if the settings give it, has to be the host's own. NEEDS are words of kernel_needs.
# Tells what of its own listens on ports of EPHEMERAL ("first last"), which are open to users. Prints its hostname.
set -euo pipefail
: "${MACHINE:?}" "${OWNER:?}" "${VERSION:?}" "${EPHEMERAL:?}" "${MOUNTD_PORT:?}" "${PRIVATE_ADDRESS?}"
: "${NEEDS?}"
export PATH=$PATH:/usr/sbin:/sbin

folder=/etc/nuvla-swarm
systems="allowed: Debian 12 or newer, Ubuntu 22.04 or newer"
oldest_engine=20.10

say() { echo "$MACHINE: $*" >&2; }
fail() { say "$@"; exit 1; }

has() { command -v "$1" >/dev/null; }
engine_version() { dockerd --version 2>/dev/null | sed -n 's/^Docker version \([0-9.]*\).*/\1/p' || true; }

check_system() {
  local name version least
  [ -d /run/systemd/system ] || fail "is not run by systemd; $systems"
  has apt-get || fail "has no apt; $systems"
  # shellcheck source=/dev/null
  read -r name version < <(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
  case "$name" in
    debian) least=12 ;;
    ubuntu) least=22.04 ;;
    *) fail "runs ${name:-an unknown system} $version; $systems" ;;
  esac
  if [ -z "$version" ] || ! sort --check=quiet --version-sort <<<"$least"$'\n'"$version"; then
    fail "runs $name ${version:-of no version}; $systems"
  fi
}

# What a kernel may lack: a word of NEEDS, the kernel's option, and what helps.
kernel_needs() {
  cat <<'EOF'
firewall	NF_TABLES_INET	no nftables of the family inet; allowed: another kernel, or machines.firewall: false and rules of your own
files	NFSD	no NFS server; allowed: another nfs.machine, or nfs.server: ganesha
EOF
}

kernel_options() { zcat /proc/config.gz 2>/dev/null || cat "/boot/config-$(uname -r)" 2>/dev/null || true; }

check_kernel() {
  local options word option why
  options=$(kernel_options)
  [ -n "$options" ] || return 0 # then a later script says so
  while IFS=$'\t' read -r word option why; do
    [[ " $NEEDS " != *" $word "* ]] || grep -q "^CONFIG_$option=[ym]" <<<"$options" || fail "its kernel has $why"
  done < <(kernel_needs)
  grep -q '^CONFIG_IP_VS=[ym]' <<<"$options" ||
    echo "warning: $MACHINE: its kernel has no IPVS, so ports of the ingress mesh do not answer there; publish ports with" \
      "mode=host, or use another kernel" >&2
}

check_owner() {
  local owner machine
  owner=$(cat "$folder/owner" 2>/dev/null || true)
  [ -n "$owner" ] || return 0
  # The last word is an id; a former version of this program noted none.
  [ "$owner" = "$OWNER" ] || [ "$owner" = "${OWNER% *}" ] ||
    fail "is a machine of the infrastructure $owner; remove it there; if that infrastructure's state is lost, install" \
      "this host anew, as its engine, firewall and exports are still those of that infrastructure"
  machine=$(cat "$folder/machine" 2>/dev/null || echo "$MACHINE") # an earlier version did not note it
  [ "$machine" = "$MACHINE" ] ||
    fail "is $machine of this infrastructure; allowed: $machine, or an \`up\` without it before, or this host installed" \
      "anew if $machine was given up"
}

check_address() {
  local own
  [ -n "$PRIVATE_ADDRESS" ] || return 0
  own=$(ip -4 -oneline address show scope global | awk '{sub("/.*", "", $4); print $4}')
  grep -qxF "$PRIVATE_ADDRESS" <<<"$own" ||
    fail "has no address $PRIVATE_ADDRESS, which its private_address says; it has ${own//$'\n'/, }; correct private_address," \
      "or remove it if the other machines connect to address"
}

check_engine() {
  local found theirs
  found=$(engine_version)
  theirs=$(cat "$folder/before/engine" 2>/dev/null || echo "$found")
  if [ -n "$theirs" ] && ! sort --check=quiet --version-sort <<<"$oldest_engine"$'\n'"$theirs"; then
    fail "has Docker Engine $theirs of its own, and the oldest that runs is $oldest_engine; change the engine of this host to" \
      "$VERSION yourself, or remove it, so that this program installs $VERSION"
  fi
  if [ -n "$theirs" ] && [ "$found" != "$VERSION" ]; then
    fail "has Docker Engine $found of its own, and $VERSION is wanted; set engine.version to $found," \
      "or change the engine of this host to $VERSION yourself"
  fi
  check_engine_settings
  if ! systemctl is-active --quiet docker.service; then return 0; fi
  if [ "$(docker info --format '{{.LiveRestoreEnabled}}')" = true ]; then
    fail "its engine has live-restore, which excludes a swarm; remove it from /etc/docker/daemon.json"
  fi
  if [ ! -s "$folder/owner" ] && [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" != inactive ]; then
    fail "is in another swarm; remove it there (docker swarm leave), or from machines.pools"
  fi
}

# What of a daemon.json the program cannot live with, as a pattern of JSON without blanks, and why. All else is kept, or is
# the program's own (Docker documentation, "dockerd").
unfit_settings() {
  cat <<'EOF'
"iptables":false	without Docker's rules containers reach nobody, and no port is published
"ip-forward":false	containers reach nobody
"ip-masq":false	containers reach nobody outside of the machine
"live-restore":true	it excludes a swarm
"userns-remap":"[^"]	services that use folders of the machine have no right to them
"(data-root|graph)":"[^"]	metrics and volumes are looked for in /var/lib/docker
"cluster-(store|advertise)":"[^"]	it excludes a swarm
"firewall-backend":"nftables"	it excludes a swarm
EOF
}

check_engine_settings() {
  local file=$folder/before/files/etc/docker/daemon.json text pattern why given
  [ -e "$folder/owner" ] || file=/etc/docker/daemon.json # else that is the program's by now
  text=$({ tr -d '[:space:]' <"$file" | sed -E 's#"(data-root|graph)":"/var/lib/docker/?"##'; } 2>/dev/null || true)
  while IFS=$'\t' read -r pattern why; do
    if given=$(grep -oE "${pattern}[^,}]*" <<<"$text"); then
      fail "its /etc/docker/daemon.json has ${given%%$'\n'*}: $why; remove it there, and restart its engine"
    fi
  done < <(unfit_settings)
  # It would be read after the program's own, and clash with it.
  for file in /etc/systemd/system/docker.service.d/*.conf; do
    if [[ ${file##*/} > nuvla-swarm.conf ]] && grep -q '^ExecStart=.' "$file" 2>/dev/null; then
      fail "its $file sets how dockerd is started; move its options to /etc/docker/daemon.json, and remove it"
    fi
  done
}

# listeners: "<port> <process>" of those that others than the machine itself can reach
listeners() {
  ss --no-header --listening --numeric --tcp --processes 2>/dev/null |
    grep -vE '^\S+ +\S+ +\S+ +(127\.|\[::1\]|\[::ffff:127\.)' |
    sed -nE 's/^\S+ +\S+ +\S+ +\S+:([0-9]+) +\S+ *(users:\(\("([^"]*)".*)?$/\1 \3/p' |
    sort -u
}

# The firewall lets users reach applications there, and whoever else listens. What Docker publishes is an application.
tell_listeners() {
  local port process first last
  read -r first last <<<"$EPHEMERAL"
  while read -r port process; do
    if [ "$port" -ge "$first" ] && [ "$port" -le "$last" ] && [ "$port" != "$MOUNTD_PORT" ]; then
      case "$process" in docker-proxy | dockerd) continue ;; esac
      say "${process:-the kernel} listens on port $port, which users may reach (firewall.ephemeral); give it a port below" \
        "$first, or let it listen on 127.0.0.1 alone"
    fi
  done < <(listeners || true)
}

check_system
check_kernel
check_owner
check_address
check_engine
tell_listeners
hostname
