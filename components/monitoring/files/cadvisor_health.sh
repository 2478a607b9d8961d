#!/bin/sh
# Fails while cAdvisor has no metrics of containers, of which its own is always one. It looks for Docker's API only when it
# starts: where that did not answer, it measures the machine alone for as long as it runs.
set -eu
wget -q -O - http://127.0.0.1:8080/metrics | grep -q 'swarm_service_name="cadvisor"'
