#!/usr/bin/env bash
# Makes a repository of packages on a machine, its only one, with VERSION of the package `probe`, and installs FIRST, if it
# is given: VERSION asks for a restart of the machine when it is installed, as those of kernels do. ENDS is how its
# installation ends.
set -euo pipefail
: "${VERSION:?}" "${FIRST?}" "${ENDS:?}"

repository=/srv/packages

# build VERSION CODE
build() {
  local root=/run/package
  rm -rf $root
  install -d $root/DEBIAN $repository
  printf 'Package: probe\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDescription: probe\n' "$1" >$root/DEBIAN/control
  printf '#!/bin/sh\ntouch /run/reboot-required\nexit %s\n' "$2" >$root/DEBIAN/postinst
  chmod 0755 $root/DEBIAN/postinst
  dpkg-deb --build --root-owner-group $root "$repository/probe_$1.deb" >/dev/null
}

# index: what apt reads of the repository
index() {
  local file
  for file in "$repository"/*.deb; do
    dpkg-deb --field "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${file##*/}" "$(stat --format %s "$file")" "$(sha256sum "$file" | cut -d ' ' -f 1)"
  done >$repository/Packages
}

rm -rf $repository /etc/apt/sources.list /etc/apt/sources.list.d/*
echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list
if [ -n "$FIRST" ]; then
  build "$FIRST" 0
  dpkg --install "$repository/probe_$FIRST.deb" >/dev/null
  rm -f /run/reboot-required
fi
build "$VERSION" "$ENDS"
index
