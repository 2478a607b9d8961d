#!/bin/sh
# The postinst, prerm and postrm of a package with UNITS; packages.sh fills in which. Like those of debhelper, they enable
# and start the units of a new package, restart the units of a new version, and stop the units of a removed package.
set -e
SCRIPT=@SCRIPT@
UNITS="@UNITS@"

is_booted() { [ -d /run/systemd/system ]; }

configure() { # FORMER_VERSION
  if [ -z "$1" ] && ! getent group docker >/dev/null; then groupadd --system docker; fi
  for unit in $UNITS; do
    deb-systemd-helper unmask "$unit" >/dev/null || true
    if deb-systemd-helper --quiet was-enabled "$unit"; then
      deb-systemd-helper enable "$unit" >/dev/null || true
    else
      deb-systemd-helper update-state "$unit" >/dev/null || true
    fi
  done
  is_booted || return 0
  systemctl --system daemon-reload >/dev/null || true
  action=start
  [ -z "$1" ] || action=restart
  # shellcheck disable=SC2086  # words
  deb-systemd-invoke $action $UNITS >/dev/null || true
}

# shellcheck disable=SC2086  # words
case "$SCRIPT $1" in
  'postinst configure') configure "${2:-}" ;;
  'prerm remove') if is_booted; then deb-systemd-invoke stop $UNITS >/dev/null || true; fi ;;
  'postrm remove')
    if is_booted; then systemctl --system daemon-reload >/dev/null || true; fi
    if [ -x /usr/bin/deb-systemd-helper ]; then deb-systemd-helper mask $UNITS >/dev/null || true; fi
    ;;
  'postrm purge')
    if [ -x /usr/bin/deb-systemd-helper ]; then
      deb-systemd-helper purge $UNITS >/dev/null || true
      deb-systemd-helper unmask $UNITS >/dev/null || true
    fi
    ;;
esac
