#!/usr/bin/env bash
# Prints all that a program can leave on a host: packages, units, firewall tables, interfaces, volumes, files, settings.
set -euo pipefail

section() { echo "== $1"; }

section packages
dpkg-query --show --showformat '${Package} ${Status}\n' | sort
section holds
apt-mark showhold
section units
systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}' | sort
section firewall
nft --stateless list ruleset | grep -vE '^\s*(chain .*|type .*|\}|)$' # empty chains do nothing
section interfaces
ls /sys/class/net
section volumes
if command -v docker >/dev/null; then docker volume ls --quiet; fi
section files
find /etc/docker /etc/systemd/system /etc/nuvla-swarm /etc/sysctl.d /etc/apt /etc/exports.d /etc/nfs.conf.d /etc/ganesha /nfs-root \
  /usr/sbin/policy-rc.d 2>/dev/null | sort || true
section contents
find /etc/docker /etc/fstab /etc/exports /etc/sysctl.d /home/*/.ssh -type f -exec sha256sum {} + 2>/dev/null | sort || true
section settings
sysctl net.ipv4.ip_forward net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports
