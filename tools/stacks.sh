#!/usr/bin/env bash
# Prints the stacks that have a file of settings, as JSON: stacks.sh [remote]. remote: without those of local machines.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
if [[ ! -x $python ]] && python3 -c 'import yaml' 2>/dev/null; then python=python3; fi
if [[ $python != python3 && ! -x $python ]]; then tools/setup.sh tools >&2; fi
exec "$python" -m tools.stack list "$@"
