#!/usr/bin/env bash
# Creates the settings of a stack from an example: new_stack.sh NAME EXAMPLE.
# The first lines of an example say what comes next; the script prints them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${1:-} example=${2:-}
target=$CHECKOUT/Pulumi.$name.yaml
source=$CHECKOUT/examples/$example.yaml

# examples: the names of all examples in one line.
examples() {
  local file list=''
  for file in "$CHECKOUT"/examples/*.yaml; do
    file=${file##*/}
    list+=", ${file%.yaml}"
  done
  printf '%s' "${list#, }"
}

[[ -n $name ]] || fail "NAME is not given; write make stack NAME=prod FROM=exoscale-target; FROM may be $(examples)"
[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$ ]] ||
  fail "NAME is '$name'; allowed: up to 100 letters, digits, '.', '_' and '-', of which the first is a letter or a digit"
[[ $example =~ ^[A-Za-z0-9._-]+$ && -f $source ]] || fail "FROM is '$example'; allowed: $(examples)"
[[ ! -e $target ]] || fail "Pulumi.$name.yaml exists already; choose another NAME, or remove that file first"

# A killed run leaves the file `new`, which the next run writes again; `mv -n` keeps a file that somebody else has created.
new=$CHECKOUT/.Pulumi.$name.yaml.new
sed "s/<stack>/$name/g" "$source" >"$new"
mv -n "$new" "$target"
if [[ -e $new ]]; then
  rm "$new"
  fail "Pulumi.$name.yaml exists already; choose another NAME, or remove that file first"
fi

printf 'created Pulumi.%s.yaml from examples/%s.yaml:\n\n' "$name" "$example"
awk '!/^#/ {exit} {sub(/^# ?/, "  "); print}' "$target"
