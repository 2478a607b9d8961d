#!/usr/bin/env bash
# Writes requirements.txt and its like anew from their .in files: all that is needed, and the hashes of every file of it, for
# every system and every Python that the project runs on. With --upgrade, what is not in an .in file is of today.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$CHECKOUT"

compile() { # LIST OPTION...
  local list=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file "$list.txt" "$@" "$list.in"
}

compile requirements "$@"
compile offline/requirements --constraint requirements.txt "$@"
