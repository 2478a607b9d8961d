#!/usr/bin/env bash
# Builds a kernel that runs as a process (user-mode Linux), of Debian 12's own source and the few options of `config`:
# build.sh prints its path. Debian's package of it lacks nftables' families inet and ip, and WireGuard.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

HERE=$CHECKOUT/offline/kernel
SOURCE=linux-source-6.1
TOOLS=(bc bison flex gcc libc6-dev make xz-utils)

# What no kernel in user mode is built of: three quarters of the source's files.
UNUSED=('*/Documentation/*/*' '*/tools/testing/*' '*/arch/*/boot/dts/*' '*/sound/*.[ch]'
  '*/drivers/gpu/drm/*.[ch]' '*/drivers/media/*.[ch]' '*/drivers/staging/*.[ch]')

installed() { dpkg-query --show --showformat='${db:Status-Status}\n' "$@" 2>/dev/null | sort -u | grep -qx installed; }

missing_tools() {
  local tool
  for tool in "${TOOLS[@]}"; do installed "$tool" || printf '%s\n' "$tool"; done
}

# The package is unpacked, not installed: it is of use only here.
unpack() { # FOLDER
  cd "$1"
  chmod 0755 . # apt's own user writes into it
  apt-get download "$SOURCE" || { apt-get update && apt-get download "$SOURCE"; }
  mkdir linux
  dpkg-deb --fsys-tarfile "$SOURCE"_*.deb | tar --extract --to-stdout "./usr/src/$SOURCE.tar.xz" |
    tar --extract --xz --directory linux --strip-components 1 "${UNUSED[@]/#/--exclude=}"
}

# Each line of `config` has to be in the kernel's: an option that depends on another one is left out without a word.
check_options() { # CONFIG
  local line lacking=''
  while read -r line; do
    case $line in
      CONFIG_*=n) ! grep -q "^${line%n}" "$1" || lacking+=" $line" ;;
      CONFIG_*) grep -qxF "$line" "$1" || lacking+=" $line" ;;
    esac
  done <"$HERE/config"
  [[ -z $lacking ]] || fail "$SOURCE does not take these options of offline/kernel/config:$lacking"
}

build() { # RESULT
  local result=$1 work started=$SECONDS lacking code
  [[ ! -d $result ]] || return 0 # another run built it while this one waited
  mapfile -t lacking < <(missing_tools)
  [[ ${#lacking[@]} == 0 ]] || debian_install "${lacking[@]}"
  say "building a kernel in user mode of Debian's $SOURCE: ten minutes of a core's time"
  mkdir -p "$CACHE/built"
  work=$(mktemp -d "$CACHE/built/.kernel.XXXXXX")
  # shellcheck disable=SC2064  # the folder of this build, not of a later one
  trap "rm -rf '$work'" EXIT
  set +e # it would not hold inside to the left of `||`
  (
    set -e
    unpack "$work"
    cd "$work/linux"
    export ARCH=um KBUILD_BUILD_USER=nuvla-swarm KBUILD_BUILD_HOST=nuvla-swarm
    make --silent KCONFIG_ALLCONFIG="$HERE/config" allnoconfig
    check_options .config
    make --silent --jobs "$(($(nproc) + 1))" linux
    strip --strip-all linux
  ) >"$work/log" 2>&1
  code=$?
  set -e
  [[ $code == 0 ]] || {
    tail -20 "$work/log" >&2
    fail "building the kernel failed; the lines above say why"
  }
  mkdir "$work/result"
  mv "$work/linux/linux" "$work/result/linux"
  mv -T "$work/result" "$result"
  rm -rf "$work"
  say "built the kernel in $((SECONDS - started)) s"
}

result=$CACHE/built/kernel-$(hash_of "$HERE/build.sh" "$HERE/config")
[[ -d $result ]] || locked build-kernel build "$result"
printf '%s\n' "$result/linux"
