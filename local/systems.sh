# shellcheck shell=bash
# The systems that the program runs on, named as debian-12; sourced, never run.

SYSTEMS='debian-12, debian-13, ubuntu-22.04, ubuntu-24.04'

# suite_of SYSTEM: its code name, as package repositories have it.
suite_of() {
  case $1 in
    debian-12) echo bookworm ;;
    debian-13) echo trixie ;;
    ubuntu-22.04) echo jammy ;;
    ubuntu-24.04) echo noble ;;
    *) fail "the system is '$1'; allowed: $SYSTEMS" ;;
  esac
}

# base_of SYSTEM: the image that its images stand on, such as debian:12-slim.
base_of() {
  suite_of "$1" >/dev/null
  case $1 in
    debian-*) echo "debian:${1#*-}-slim" ;;
    *) echo "${1/-/:}" ;;
  esac
}
