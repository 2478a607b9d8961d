#!/usr/bin/env bash
# Writes each requirements list from its .in file: every package that is needed, and the hashes of all its files, for every
# system and every Python that the project runs on. With --upgrade, packages that no .in file names get their newest version.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$CHECKOUT"

compile() { # LIST OPTION...
  local list=$1
  shift
  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --output-file "$list.txt" "$@" "$list.in"
}

compile requirements "$@"
compile requirements-dev --constraint requirements.txt "$@"
compile offline/requirements --constraint requirements.txt "$@"
