#!/bin/sh
# A health check, as PAUSE_S TIMEOUT_S COMMAND...: often until the container is well, and rarely from then on. Swarm knows
# one interval for both (moby/moby#47152), and to start a process every few seconds in each container is no small load.
set -eu
pause_s=$1
timeout_s=$2
shift 2
if [ -e /dev/shm/well ]; then sleep "$pause_s"; fi
rm -f /dev/shm/well
timeout "$timeout_s" "$@"
: >/dev/shm/well
