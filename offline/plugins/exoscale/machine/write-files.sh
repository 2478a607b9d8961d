#!/usr/bin/env bash
# The files of user data that are due at a stage: write-files.sh init|final
set -euo pipefail

for folder in /opt/exoscale-standin/cloud/files/*; do
  [[ -d $folder && $(<"$folder/when") == "$1" ]] || continue
  path=$(<"$folder/path")
  mkdir -p "$(dirname "$path")"
  if [[ $(<"$folder/how") == append ]]; then cat "$folder/content" >>"$path"; else cat "$folder/content" >"$path"; fi
  chmod "$(<"$folder/mode")" "$path"
  chown "$(<"$folder/owner")" "$path"
done
