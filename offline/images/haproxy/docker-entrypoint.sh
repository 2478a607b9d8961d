#!/bin/sh
# Runs HAProxy in the foreground with a master process, as the released image does; any other command as it is.
set -eu

case ${1:-} in
  haproxy) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac
exec haproxy -W -db "$@"
