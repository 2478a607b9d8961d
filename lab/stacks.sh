#!/usr/bin/env bash
# Prints the stacks that have a file of settings, as JSON: stacks.sh [remote]. remote: without those of local machines.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  '' | remote) ;;
  *)
    echo "lab/stacks.sh: '$1' given; allowed: remote, or nothing for all stacks" >&2
    exit 1
    ;;
esac

found=()
for file in Pulumi.*.yaml; do
  [[ -f $file ]] || continue
  if [[ ${1:-} == remote ]] && grep -Eq '^ +provider: +local\b' "$file"; then continue; fi
  name=${file#Pulumi.}
  found+=("\"${name%.yaml}\"")
done
list=$(IFS=,; printf '%s' "${found[*]}")
printf '[%s]\n' "$list"
