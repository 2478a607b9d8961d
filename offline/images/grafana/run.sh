#!/bin/sh
# Starts Grafana as the script of the released image does: NAME__FILE is a file with the value of NAME.
set -eu

for name in $(env | sed -n 's/^\(GF_[A-Z0-9_]*\)__FILE=..*/\1/p'); do
  plain='' file=''
  eval "plain=\${$name:-} file=\$${name}__FILE"
  if [ -n "$plain" ]; then
    echo "ERROR: Both $name and ${name}__FILE are set (but are exclusive)" >&2
    exit 1
  fi
  value=$(cat "$file")
  export "$name=$value"
  unset "${name}__FILE"
done

exec grafana server --homepath="$GF_PATHS_HOME" --config="$GF_PATHS_CONFIG" --packaging=docker "$@"
