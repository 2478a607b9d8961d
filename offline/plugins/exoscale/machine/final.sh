#!/usr/bin/env bash
# The end of the first boot, when the machine is reachable: packages and commands, as cloud-init's last stage runs them.
set -euo pipefail
CLOUD=/opt/exoscale-standin/cloud

run() {
  if [[ -e $CLOUD/packages ]]; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive xargs --no-run-if-empty apt-get install --yes --no-install-recommends <$CLOUD/packages
  fi
  /opt/exoscale-standin/write-files.sh final
  if [[ -e $CLOUD/runcmd ]]; then $CLOUD/runcmd; fi
}

result='done'
run >/var/log/cloud-init-output.log 2>&1 || result=error
mkdir -p /var/lib/cloud/instance
printf '%s\n' "$result" >/var/lib/cloud/instance/result
touch /var/lib/cloud/instance/boot-finished
[[ $result == 'done' ]]
