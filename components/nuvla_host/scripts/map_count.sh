#!/usr/bin/env bash
# Lets a process have COUNT memory maps, now and at every start; with ONLY_CHECK, tells what is to be done instead.
set -euo pipefail
: "${COUNT:?}" "${ONLY_CHECK?}"

file=/etc/sysctl.d/90-nuvla-swarm.conf
current=$(cat /proc/sys/vm/max_map_count)

if [ -n "$ONLY_CHECK" ]; then
  if [ "$current" -lt "$COUNT" ]; then
    echo "$(hostname): vm.max_map_count is $current and Elasticsearch needs $COUNT; this machine shares its kernel:" \
      "run 'sysctl -w vm.max_map_count=$COUNT' on the computer that it is on" >&2
  fi
  exit 0
fi
# Half of a file would have half of the number.
echo "vm.max_map_count = $COUNT" >"$file.new"
mv -f "$file.new" "$file"
[ "$current" -ge "$COUNT" ] || sysctl --quiet --load="$file"
