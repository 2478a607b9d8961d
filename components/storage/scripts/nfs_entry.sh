#!/usr/bin/env bash
# Runs on the NFS server, for one MACHINE that may mount FOLDER, with ACCESS ("ro" or "rw").
#   allow    puts its ADDRESS into the list, in the place of any other
#   forbid   takes it out
set -euo pipefail
: "${KIND:?}" "${ACCESS:?}" "${FOLDER:?}" "${MACHINE:?}" "${ADDRESS:?}"

folder=/etc/nuvla-swarm/nfs
install -d -m 0755 "$folder/clients.d"

# Nobody else changes the list meanwhile.
exec 9>"$folder/lock"
flock 9

publish() {
  case "$KIND" in
    kernel)
      cat "$folder"/clients.d/*.exports >/etc/exports.d/nuvla-swarm.exports 2>/dev/null || true
      exportfs -ra
      ;;
    ganesha)
      { cat "$folder"/clients.d/*.conf 2>/dev/null || true; } | sed '/# clients/r /dev/stdin' "$folder/ganesha.conf" >/etc/ganesha/ganesha.conf
      # It reads the list again without cutting anybody's connection.
      systemctl reload nfs-ganesha.service
      ;;
  esac
}

entry() {
  case "$KIND" in
    kernel)
      echo "$FOLDER $ADDRESS($ACCESS,sync,no_subtree_check,all_squash,anonuid=65534,anongid=65534)" \
        >"$folder/clients.d/$MACHINE.exports"
      ;;
    ganesha)
      echo "CLIENT { Clients = $ADDRESS; Access_Type = ${ACCESS^^}; }" >"$folder/clients.d/$MACHINE.conf"
      ;;
  esac
}

rm -f "$folder/clients.d/$MACHINE".*
case "$1" in
  allow)
    entry
    publish
    ;;
  forbid)
    # A server that is gone has nothing to take back.
    if systemctl is-active --quiet nfs-ganesha.service nfs-server.service; then publish; fi
    ;;
esac
