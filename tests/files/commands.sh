#!/usr/bin/env bash
# Commands in every place where bash can have one; each adds a line to LINES_FILE.
set -euo pipefail

add() { printf '%s\n' "$*" >>"$LINES_FILE"; }
at_end() {
  add trap
  exit 3
}
holds() {
  add condition
  [ "$1" = verb ]
}

trap at_end EXIT
add first
found=$(add substitution; echo out)
echo "$found"
add first of a pipe | add second of a pipe
{ add group; } 2>/dev/null
if holds "$1"; then add yes; else add no; fi
for _ in 1 2; do add loop; done
while read -r line; do add "$line"; done < <(add process; echo read)
(add subshell)
cat >/dev/null <<END
$(add heredoc)
END
! false || add never
holds other || add or
add last
