#!/bin/sh
# Fails while cAdvisor does not answer, or has no metrics of containers. It looks for Docker's API only when it starts:
# where the API did not answer then, it measures the machine alone for as long as it runs.
set -eu
wget -q -O /dev/null http://127.0.0.1:8080/healthz
if [ ! -e /tmp/has-containers ]; then # its own container is always one
  wget -q -O - http://127.0.0.1:8080/metrics | grep -q 'swarm_service_name="cadvisor"'
  touch /tmp/has-containers
fi
