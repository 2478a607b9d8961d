#!/usr/bin/env bash
# Runs on the NFS server, for one MACHINE that may mount FOLDER, with ACCESS ("ro" or "rw"). With the functions of nfs.sh.
#   allow    puts its ADDRESS into the list, in the place of any other
#   forbid   takes it out
# shellcheck disable=SC2154 # $config and $ganesha are those of nfs.sh
set -euo pipefail
: "${KIND:?}" "${ACCESS:?}" "${FOLDER:?}" "${MACHINE:?}" "${ADDRESS:?}"

if [ "$1" = forbid ] && ! serves; then exit 0; fi # a server that is gone has nothing to take back
install -d -m 0755 "$config/clients.d"

# Nobody else changes the list meanwhile.
exec 9>"$config/lock"
flock 9

publish() {
  case "$KIND" in
    kernel)
      put_together kernel
      exportfs -ra
      ;;
    ganesha)
      put_together ganesha
      # It reads the list again without cutting anybody's connection.
      systemctl reload "$ganesha"
      ;;
  esac
}

# Who makes up handles of files leaves a folder that is a part of a file system, unless each is looked for in its tree.
# Of a file system of its own, which nobody can leave, the check would only cost: files that were moved are not found.
subtree_check() {
  if [ "$(findmnt --noheadings --output FSROOT --mountpoint "$FOLDER")" = / ]; then
    echo no_subtree_check
  else
    echo subtree_check
  fi
}

entry() {
  case "$KIND" in
    kernel)
      write "$config/clients.d/$MACHINE.exports" \
        <<<"$FOLDER $ADDRESS($ACCESS,sync,$(subtree_check),all_squash,anonuid=65534,anongid=65534)"
      ;;
    ganesha)
      write "$config/clients.d/$MACHINE.conf" \
        <<<"CLIENT { Clients = $ADDRESS; Access_Type = ${ACCESS^^}; }"
      ;;
  esac
}

case "$1" in
  allow) entry ;;
  forbid) rm -f "$config/clients.d/$MACHINE".* ;;
esac
publish
