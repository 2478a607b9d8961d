# shellcheck shell=bash
# Before each command of the script that follows: tells which one it is on descriptor $__steps, and waits for leave on
# $__leave.
: "${__steps:?}" "${__leave:?}"
set -o functrace
# To the script, `docker` is one command: the function of that name only bounds how long it waits.
__step() { # LINE COMMAND
  local REPLY
  if [[ " ${FUNCNAME[*]:1} " == *" docker "* ]]; then return; fi
  printf '%s %s\t%q\n' "$1" "${BASH_LINENO[*]:1}" "$2" >&"$__steps"
  read -r <&"$__leave" || kill -KILL "$BASHPID"
}
trap '__step "$LINENO" "$BASH_COMMAND"' DEBUG
