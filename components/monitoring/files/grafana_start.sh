#!/bin/sh
# Starts Grafana with the login of this infrastructure: its variables count for a new database alone (grafana/grafana#49055).
set -eu
file=/run/secrets/grafana-admin-password
patience_s=20 # the server starts all the same, before its health counts

# The password is on standard input, and in no list of processes.
set_password() {
  timeout "$patience_s" grafana cli --homepath "${GF_PATHS_HOME:-/usr/share/grafana}" \
    --config "${GF_PATHS_CONFIG:-/etc/grafana/grafana.ini}" \
    admin reset-admin-password --password-from-stdin <"$file" 2>&1
}

if [ -s "$GF_PATHS_DATA/grafana.db" ]; then
  said=$(set_password) || true
  case $said in # it ends with 0 also where it could not
    *"password changed successfully"*) echo "the login of this infrastructure is set" ;;
    *)
      printf '%s\n' "$said" "the login of this infrastructure could not be set: those in Grafana's data count" >&2
      ;;
  esac
fi

# What people enter is encrypted with a key that is kept beside it. Data of before have the one that is in Grafana's source:
# another one would make them unreadable.
key=$GF_PATHS_DATA/secret_key
if [ ! -s "$key" ] && [ ! -s "$GF_PATHS_DATA/grafana.db" ]; then
  (umask 077 && head -c 32 /dev/urandom | base64 >"$key.new")
  mv "$key.new" "$key"
fi
if [ -s "$key" ]; then
  GF_SECURITY_SECRET_KEY="\$__file{$key}"
  export GF_SECURITY_SECRET_KEY
fi
exec /run.sh
