# shellcheck shell=bash
# Before each command of the script that follows: tells which one it is on descriptor 198, and waits for leave on 199.
set -o functrace
__step() { # LINE COMMAND
  local REPLY
  printf '%s %s\t%q\n' "$1" "${BASH_LINENO[*]:1}" "$2" >&198
  read -r <&199 || kill -KILL "$BASHPID"
}
trap '__step "$LINENO" "$BASH_COMMAND"' DEBUG
