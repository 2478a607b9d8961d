#!/usr/bin/env bash
# Makes packages of Docker's engine for local machines, named, versioned and laid out as docker.com's for a system:
# packages.sh VERSION [SYSTEM], by default debian-12. Prints the folder with docker-ce, docker-ce-cli and containerd.io. Their
# programs come from offline/builds and are the same on each system, their units from the same modules, docker-init from
# Debian's tini. A result is keyed by what it is made from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"
source "$CHECKOUT/local/systems.sh"

OFFLINE=$CHECKOUT/offline
ARCHITECTURE=$(dpkg --print-architecture)

# build_of VERSION: the folder of offline/builds that has that engine.
build_of() {
  local file
  file=$(grep --files-with-matches --fixed-strings "github.com/docker/docker v$1+incompatible" "$OFFLINE"/builds/engine*/go.mod) ||
    fail "no folder of $OFFLINE/builds has Docker Engine $1"
  file=${file%/go.mod}
  printf '%s\n' "${file##*/}"
}

# module_version NAME MODULE: the version in the go.mod of a build, such as 1.7.29.
module_version() { sed -n "s|^.*$2 v\([0-9.]*\).*|\1|p" "$OFFLINE/builds/$1/go.mod"; }

# module_folder NAME MODULE: the folder with the source of a module.
module_folder() { (cd "$OFFLINE/builds/$1" && go mod download "$2" && go list -mod=readonly -m -f '{{.Dir}}' "$2"); }

# package NAME VERSION ROOT UNIT...: makes the package of the files in ROOT.
package() {
  local name=$1 version=$2 root=$3 script
  shift 3
  mkdir -p "$root/DEBIAN"
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$ARCHITECTURE/" "$OFFLINE/packages/$name/control" >"$root/DEBIAN/control"
  if [[ -f $OFFLINE/packages/$name/conffiles ]]; then cp "$OFFLINE/packages/$name/conffiles" "$root/DEBIAN/conffiles"; fi
  if [[ $# -gt 0 ]]; then
    for script in postinst prerm postrm; do
      sed "s/@UNITS@/$*/; s/@SCRIPT@/$script/" "$OFFLINE/packages/maintain.sh" >"$root/DEBIAN/$script"
      chmod 0755 "$root/DEBIAN/$script"
    done
  fi
  dpkg-deb --root-owner-group -Zgzip -z3 --build "$root" "$work/result" >/dev/null
}

tini() {
  mkdir -p "$work/tini"
  (cd "$work/tini" && { apt-get download tini || { apt-get update && apt-get download tini; }; } && dpkg-deb --extract tini_*.deb .) >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2 && fail "Debian's tini could not be fetched; the lines above say why"; }
  chmod 0755 "$work" # apt's own user writes into it
}

make_engine() { # VERSION PROGRAMS BUILD
  local source root=$work/docker-ce full=5:$1-1~$SYSTEM
  source=$(module_folder "$3" github.com/docker/docker)
  tini
  install -D -m 0755 -t "$root/usr/bin" "$2/dockerd" "$2/docker-proxy"
  install -D -m 0755 "$work/tini/usr/bin/tini-static" "$root/usr/libexec/docker/docker-init"
  install -D -m 0644 -t "$root/lib/systemd/system" "$source"/contrib/init/systemd/docker.{service,socket}
  install -d -m 0755 "$root/etc/docker"
  package docker-ce "$full" "$root" docker.service docker.socket
  install -D -m 0755 -t "$work/docker-ce-cli/usr/bin" "$2/docker"
  package docker-ce-cli "$full" "$work/docker-ce-cli"
}

make_containerd() { # CONTAINERD RUNC
  local source root=$work/containerd.io
  source=$(module_folder containerd github.com/containerd/containerd)
  install -D -m 0755 -t "$root/usr/bin" "$1"/* "$2/runc"
  install -d -m 0755 "$root/lib/systemd/system" "$root/etc/containerd"
  sed 's|/usr/local/bin/|/usr/bin/|' "$source/containerd.service" >"$root/lib/systemd/system/containerd.service"
  echo 'disabled_plugins = ["cri"]' >"$root/etc/containerd/config.toml"
  package containerd.io "$(module_version containerd github.com/containerd/containerd)-1~$SYSTEM" "$root" containerd.service
}

make_all() { # VERSION BUILD
  [[ ! -d $result ]] || return 0 # another run made it while this one waited
  local work
  mkdir -p "$CACHE/packages"
  work=$(mktemp -d "$CACHE/packages/.$1.XXXXXX")
  # shellcheck disable=SC2064  # this run's folder
  trap "rm -rf '$work'" EXIT
  chmod 0755 "$work" # apt's own user writes into it
  mkdir "$work/result"
  say "packing Docker Engine $1 for $system: half a minute"
  make_engine "$1" "${built[0]}" "$2"
  make_containerd "${built[1]}" "${built[2]}"
  mv -T "$work/result" "$result"
}

[[ $# == 1 || $# == 2 ]] || fail "usage: packages.sh VERSION [SYSTEM], such as 28.5.2 ubuntu-24.04"
build=$(build_of "$1")
system=${2:-debian-12}
suite=$(suite_of "$system")
SYSTEM=${system/-/.}~$suite # as versions have it: debian.12~bookworm
mapfile -t built < <("$OFFLINE/build.sh" "$build" containerd runc)
[[ ${#built[@]} == 3 ]] || exit 1 # build.sh has said why
key=$({ printf '%s\n' "$SYSTEM" "${built[@]##*/}" && hash_of "$OFFLINE/packages" "$OFFLINE/packages.sh"; } | "${SHA256[@]}" | cut -c1-12)
result=$CACHE/packages/$1-$system-$key
[[ -d $result ]] || locked "packages-$1-$system" make_all "$1" "$build"
printf '%s\n' "$result"
