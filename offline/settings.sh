#!/usr/bin/env bash
# Prints the settings of images that have a stand-in here, one `images.<key>=<image>` a line. A service whose image has no
# stand-in keeps its default.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/lib.sh"

known=$(cd "$CHECKOUT" && .venv/bin/python -m tools.default_images)
for file in "$CHECKOUT"/offline/images/*/image; do
  key=$(basename "$(dirname "$file")")
  grep --quiet "^$key=" <<<"$known" || continue # an image that only tests use
  image=$(<"$file")
  printf 'images.%s=%s\n' "$key" "${image#library/}"
done
