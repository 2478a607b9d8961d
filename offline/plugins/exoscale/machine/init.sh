#!/usr/bin/env bash
# The first boot, before anybody can log in: users, host key and files, as cloud-init's first stages make them.
set -euo pipefail
CLOUD=/opt/exoscale-standin/cloud
mkdir -p /run/cloud-init

user() {
  local name=$1 from=$CLOUD/users/$1 home groups
  home=$(<"$from/home")
  groups=$(<"$from/groups")
  getent passwd "$name" >/dev/null ||
    useradd --create-home --user-group --home-dir "$home" --shell "$(<"$from/shell")" --comment "$(<"$from/gecos")" "$name"
  [[ -z $groups ]] || usermod --append --groups "$groups" "$name"
  install -d -m 0700 -o "$name" -g "$name" "$home/.ssh"
  install -m 0600 -o "$name" -g "$name" "$from/keys" "$home/.ssh/authorized_keys"
  [[ ! -e $from/sudo ]] || install -m 0440 "$from/sudo" "/etc/sudoers.d/90-cloud-init-$name"
}

/opt/exoscale-standin/write-files.sh init
for folder in "$CLOUD"/users/*; do
  [[ ! -d $folder ]] || user "${folder##*/}"
done
[[ -e /etc/ssh/ssh_host_ed25519_key ]] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
