#!/usr/bin/env bash
# Prints the stacks that have a file of settings, as JSON: stacks.sh [remote]. remote: without those of local machines.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
  '' | remote) ;;
  *)
    echo "tools/stacks.sh: '$1' given; allowed: remote, or nothing for all stacks" >&2
    exit 1
    ;;
esac

# provider FILE NAME: whether the file says that the machines come from this provider, however it is written.
provider() { grep -Eq "^[^#]*\\bprovider[\"']?: *[\"']?$2\\b" "$1"; }

is_remote() { provider "$1" '[a-z]+' && ! provider "$1" local; }

found=()
for file in Pulumi.*.yaml; do
  [[ -f $file ]] || continue
  # However the line is written. A file without one is left out: its machines might be on the computer that deploys.
  if [[ ${1:-} == remote ]] && ! is_remote "$file"; then continue; fi
  name=${file#Pulumi.} name=${name%.yaml}
  if [[ ! $name =~ ^[A-Za-z0-9._-]+$ ]]; then
    printf "tools/stacks.sh: %q given; allowed: Pulumi.<stack>.yaml with letters, digits, '.', '_' and '-'\n" "$file" >&2
    exit 1
  fi
  found+=("\"$name\"")
done
list=$(IFS=,; printf '%s' "${found[*]}")
printf '[%s]\n' "$list"
