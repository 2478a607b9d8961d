#!/usr/bin/env bash
# An engine of the host's own runs, with what it runs containers by.
set -euo pipefail
systemctl is-active --quiet docker.service
systemctl is-active --quiet containerd.service
