#!/usr/bin/env bash
# A host without an engine.
set -euo pipefail

rmdir /etc/docker 2>/dev/null || true
