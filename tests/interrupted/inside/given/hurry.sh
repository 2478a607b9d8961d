#!/usr/bin/env bash
# Time passes without anybody waiting for it.
set -euo pipefail

install /bin/true /usr/local/bin/sleep
cat >/usr/local/bin/date <<'EOF'
#!/bin/sh
mkdir -p /run/interrupted
echo >>/run/interrupted/clock
echo $(($(wc -l </run/interrupted/clock) * 10))
EOF
chmod +x /usr/local/bin/date
