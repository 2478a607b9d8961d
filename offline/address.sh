# shellcheck shell=bash
# The address that the image registry and the package repository listen on, and the end of such a server; sourced, never run.

has_address() { ip -brief address show dev lo | grep -wF "$REGISTRY_IP/32" >/dev/null; }

# add_address WHO
add_address() {
  has_address || ip address add "$REGISTRY_IP/32" dev lo || fail "the $1's address $REGISTRY_IP cannot be added to lo: run as root"
}

# drop_address: removes the address, unless a server still listens on it.
drop_address() {
  if has_address && [[ -z $(ss --no-header --listening --tcp --numeric src "$REGISTRY_IP") ]]; then ip address delete "$REGISTRY_IP/32" dev lo; fi
}

gone() { ! alive; }

# end_server WHO: ends the server of PID_FILE, which `alive` knows.
end_server() {
  if alive; then
    kill "$(<"$PID_FILE")"
    wait_for 10 gone || fail "the $1 (process $(<"$PID_FILE")) does not end"
  fi
  rm -f "$PID_FILE"
  drop_address
}
