#!/usr/bin/env bash
# Makes a disk of an image of machines, from which guests boot: disk.sh plain|machine prints its path. Guests leave it as it
# is: each writes into a file of its own.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../tools/lib.sh"

HERE=$CHECKOUT/offline/kernel
SIZE=6G # of which the file takes what is written

# What the image switches off since containers cannot do it, or have it of their host, and a machine has.
OF_MACHINES=(dev-mqueue.mount run-rpc_pipefs.mount systemd-modules-load.service systemd-random-seed.service
  systemd-remount-fs.service systemd-sysctl.service systemd-sysusers.service)

make_disk() { # IMAGE RESULT
  local image=$1 result=$2 work container name
  [[ ! -d $result ]] || return 0 # another run made it while this one waited
  say "making a disk of $image: some seconds"
  mkdir -p "$CACHE/built"
  work=$(mktemp -d "$CACHE/built/.disk.XXXXXX")
  container=$(docker create "$image")
  # shellcheck disable=SC2064  # of this run
  trap "rm -rf '$work'; docker rm '$container' >/dev/null" EXIT
  mkdir "$work/root" "$work/result"
  docker export "$container" | tar --extract --directory "$work/root" --numeric-owner
  cp -R "$HERE/files/." "$work/root"
  for name in "${OF_MACHINES[@]}"; do rm -f "$work/root/etc/systemd/system/$name"; done
  ln -s /etc/systemd/system/guest-identity.service "$work/root/etc/systemd/system/sysinit.target.wants/"
  ln -s /etc/systemd/system/guest-cpu.service "$work/root/etc/systemd/system/sysinit.target.wants/"
  ln -s /etc/systemd/system/guest-network.service "$work/root/etc/systemd/system/multi-user.target.wants/"
  rm -f "$work/root/.dockerenv"
  printf '/dev/ubda / ext4 defaults 0 1\n' >"$work/root/etc/fstab"
  truncate --size "$SIZE" "$work/result/disk"
  mkfs.ext4 -q -F -d "$work/root" "$work/result/disk"
  mv -T "$work/result" "$result"
}

kind=${1:-}
case $kind in plain | machine) ;; *) fail "usage: disk.sh plain|machine" ;; esac
use_engine
[[ $(id -u) == 0 ]] || fail "the disk's files belong to root, so only root can make it"
image=$("$CHECKOUT/local/build.sh" tags | grep "/$kind:")
result=$CACHE/built/disk-$kind-${image##*:}-$(hash_of "$HERE/disk.sh" "$HERE/files") # the tag names all that the image is made of
[[ -d $result ]] || locked "disk-$kind" make_disk "$image" "$result"
printf '%s\n' "$result/disk"
