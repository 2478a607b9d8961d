#!/usr/bin/env bash
# Installs the tools that checks and tests need: test_tools.sh [lint] (the tools of `make lint` alone, or all).
# Linters: shellcheck, luacheck, actionlint. Tests: an SSH server, nft, and the programs that check what services read.
# Programs that no package of Debian has stand in .venv/bin, which env.sh puts on PATH.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

BIN=$CHECKOUT/.venv/bin
ACTIONLINT=rhysd/actionlint:1.7.12
purpose=${1:-all}
[[ $purpose == all || $purpose == lint ]] || fail "'$purpose' given; allowed: lint, or nothing for all tools"

# default_of KEY: the image that the settings have by default.
default_of() { (cd "$CHECKOUT" && "$BIN/python" -m tools.default_images "$1"); }

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
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v luacheck >/dev/null || missing+=(lua-check)
if [[ $purpose == all ]]; then
  [[ -x /usr/sbin/sshd ]] || missing+=(openssh-server)
  command -v ssh >/dev/null || missing+=(openssh-client)
  [[ -x /usr/sbin/nft ]] || missing+=(nftables)
  [[ -x /usr/sbin/haproxy ]] || missing+=(haproxy)
fi
[[ ${#missing[@]} == 0 ]] || debian_install "${missing[@]}"

if offline; then
  wanted=(actionlint)
  if [[ $purpose == all ]]; then wanted+=(prometheus alertmanager); fi
  mapfile -t built < <("$CHECKOUT/offline/build.sh" "${wanted[@]}")
  [[ ${#built[@]} == "${#wanted[@]}" ]] || exit 1 # build.sh has said why
  programs=("${built[0]}/actionlint")
  if [[ $purpose == all ]]; then programs+=("${built[1]}/promtool" "${built[2]}/amtool" "${built[2]}/alertmanager" /usr/sbin/haproxy); fi
else
  use_engine
  programs=("$(from_image "$ACTIONLINT" /usr/local/bin/actionlint)")
  if [[ $purpose == all ]]; then
    alertmanager=$(default_of alertmanager)
    programs+=("$(from_image "$(default_of prometheus)" /bin/promtool)" "$(from_image "$alertmanager" /bin/amtool)")
    programs+=("$(from_image "$alertmanager" /bin/alertmanager)")
    haproxy_by_docker
  fi
fi
ln -sf "${programs[@]}" "$BIN/"
