#!/usr/bin/env bash
# Installs PACKAGES that the machine lacks, which start their services. Those that are no longer among them stay. With the
# functions of machines/scripts/apt.sh.
set -euo pipefail
: "${MACHINE:?}" "${PACKAGES:?}"

read -r -a wanted <<<"$PACKAGES"

is_installed() { [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${wanted[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0
lock_packages
complete_packages
patiently apt-get update -qq
install_packages "${missing[@]}" || {
  echo "$MACHINE: ${missing[*]} cannot be installed; correct machines.packages, or see what keeps apt from it" >&2
  exit 1
}
