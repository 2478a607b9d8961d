#!/usr/bin/env bash
# What the cloud does to a machine from outside: boot.sh boot|firewall|disks|private ADDRESS... At each boot, and when something changes.
set -euo pipefail
HERE=/opt/exoscale-standin

public_interface() { ip -oneline -4 address show to "$(<$HERE/address)" | awk '{print $2; exit}'; }

firewall() {
  local public
  public=$(public_interface)
  nft --define "public=$public" --file $HERE/firewall.nft
}

# private ADDRESS...: an interface on a private network is the guest's to bring up; the engine has done so all the same.
private() {
  local address interface
  for address in "$@"; do
    interface=$(ip -oneline -4 address show to "$address" | awk '{print $2; exit}')
    [[ -n $interface ]] || continue
    ip address flush dev "$interface" scope global
    ip link set "$interface" down
  done
}

# number_of ID: of the loop device that is the volume; one that was pulled out has a file that is no more.
number_of() {
  local backing
  for backing in /sys/block/loop*/loop/backing_file; do
    if [[ -e $backing && $(<"$backing") == *"/$1.img" ]]; then
      backing=${backing#/sys/block/loop}
      printf '%s\n' "${backing%%/*}"
      return
    fi
  done
}

# Device nodes and links of the volumes that the machine has, and of no others.
disks() {
  local link id number uuid
  mkdir -p /dev/disk/by-id /dev/disk/by-uuid
  for link in /dev/disk/by-id/virtio-*; do
    [[ -L $link ]] || continue
    grep -q "^${link#*/virtio-}" $HERE/volumes && continue
    pull "$(readlink -f "$link")"
    rm -f "$link"
  done
  while read -r id; do
    number=$(number_of "$id")
    [[ -n $number ]] || { echo "volume $id has no device" >&2 && continue; }
    [[ -b /dev/loop$number ]] || mknod "/dev/loop$number" b 7 "$number"
    ln -sfn "../../loop$number" "/dev/disk/by-id/virtio-${id:0:20}"
    uuid=$(blkid --output value --match-tag UUID "/dev/loop$number" || true)
    [[ -z $uuid ]] || ln -sfn "../../loop$number" "/dev/disk/by-uuid/$uuid"
  done <$HERE/volumes
}

# pull DEVICE: the disk is gone, whoever uses it. What was not yet written to it never is, a file system on it answers
# with errors until it is unmounted, and nobody unmounts it.
pull() {
  local target link
  while read -r target; do
    $HERE/cut-off.pl "$target" || true # one that was cut off already cannot be opened
  done < <(findmnt --noheadings --list --output TARGET --source "$1")
  for link in /dev/disk/by-uuid/*; do
    [[ ! -L $link || $(readlink -f "$link") != "$1" ]] || rm -f "$link"
  done
  rm -f "$1"
}

case ${1:-boot} in
  firewall | disks) "$1" ;;
  boot)
    firewall
    mapfile -t addresses <$HERE/private
    private "${addresses[@]}"
    disks
    mount --all --types ext4,xfs || true # systemd leaves the devices of fstab out in containers
    ;;
  private) private "${@:2}" ;;
  *)
    echo "boot.sh: $1 is not known" >&2
    exit 1
    ;;
esac
