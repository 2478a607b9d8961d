"""The clock of a script on paper: only its own naps let time pass, however slow the computer is."""

# Bash counts SECONDS no longer once it was unset. A nap is counted in tenths of a second.
CLOCK = r"""unset SECONDS
SECONDS=0 tenths=0
sleep() {
  local fraction=0
  case "$1" in *.*) fraction=${1#*.} fraction=${fraction:0:1} ;; esac
  tenths=$((tenths + 10#0${1%%.*} * 10 + fraction))
  SECONDS=$((tenths / 10))
}
"""

# Each nap is a minute: of a script that waits for long.
MINUTES = CLOCK + "sleep() { SECONDS=$((SECONDS + 60)); }\n"
