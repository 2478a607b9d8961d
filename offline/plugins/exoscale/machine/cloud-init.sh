#!/usr/bin/env bash
# `cloud-init status [--wait]`, which is all that one needs of the command on a machine that runs.
set -euo pipefail

[[ ${1:-} == status ]] || { echo "the stand-in of cloud-init knows 'status' only" >&2 && exit 2; }
if [[ ${2:-} == --wait ]]; then
  until [[ -e /var/lib/cloud/instance/boot-finished ]]; do sleep 0.2; done
fi
if [[ ! -e /var/lib/cloud/instance/boot-finished ]]; then
  echo 'status: running'
  exit 0
fi
result=$(</var/lib/cloud/instance/result)
echo "status: $result"
[[ $result == 'done' ]]
