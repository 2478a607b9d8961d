#!/usr/bin/env bash
# Installs what only checks and tests need: an SSH server for those of the command plugin, shellcheck, nft, and the programs
# that check what services and GitHub read. The latter stand in .venv/bin, which env.sh has on PATH.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

BIN=$CHECKOUT/.venv/bin
ACTIONLINT=rhysd/actionlint:1.7.12

# default_of KEY: the image that the settings have by default.
default_of() { (cd "$CHECKOUT" && "$BIN/python" -c 'import sys; from stacks.config.settings import Images; print(getattr(Images(), sys.argv[1]))' "$1"); }

# from_image IMAGE PATH: prints a copy of a program of that image.
from_image() {
  local image=$1 copy container
  copy=$CACHE/test-tools/${image//[\/:]/_}/${2##*/}
  if [[ ! -x $copy ]]; then
    mkdir -p "${copy%/*}"
    container=$(docker create "$image")
    docker cp "$container:$2" "$copy.$$" >&2
    docker rm "$container" >/dev/null
    mv "$copy.$$" "$copy"
  fi
  printf '%s\n' "$copy"
}

# haproxy_by_docker: HAProxy is no file of its own that could be copied; it sees the current folder and /tmp.
haproxy_by_docker() {
  local image
  image=$(default_of haproxy)
  rm -f "$BIN/haproxy"
  cat >"$BIN/haproxy" <<EOF
#!/bin/sh
exec docker run --rm --network none --volume "\$PWD:\$PWD:ro" --volume /tmp:/tmp:ro --workdir "\$PWD" $image haproxy "\$@"
EOF
  chmod 0755 "$BIN/haproxy"
}

missing=()
[[ -x /usr/sbin/sshd ]] || missing+=(openssh-server)
command -v ssh >/dev/null || missing+=(openssh-client)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v luacheck >/dev/null || missing+=(lua-check)
[[ -x /usr/sbin/nft ]] || missing+=(nftables)
[[ -x /usr/sbin/haproxy ]] || missing+=(haproxy)
[[ ${#missing[@]} == 0 ]] || debian_install "${missing[@]}"

if offline; then
  mapfile -t built < <("$CHECKOUT/offline/build.sh" prometheus alertmanager actionlint)
  [[ ${#built[@]} == 3 ]] || exit 1 # build.sh has said why
  programs=("${built[0]}/promtool" "${built[1]}/amtool" "${built[2]}/actionlint" /usr/sbin/haproxy)
else
  use_engine
  programs=(
    "$(from_image "$(default_of prometheus)" /bin/promtool)"
    "$(from_image "$(default_of alertmanager)" /bin/amtool)"
    "$(from_image "$ACTIONLINT" /usr/local/bin/actionlint)"
  )
  haproxy_by_docker
fi
ln -sf "${programs[@]}" "$BIN/"
