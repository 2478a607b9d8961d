#!/bin/sh
# Writes certificate, chain and key, in one file, where the Traefik of this machine reads them: for root alone. Traefik
# reads them again whenever a file of that folder changes, so that another certificate needs no restart.
set -eu
umask 077
new=/copies/own.pem.new
{
  cat /etc/traefik/certificate.pem
  echo
  cat /run/secrets/key
} >"$new"
mv "$new" /copies/own.pem # in one step: Traefik never reads half a file
exec haproxy -W -db -f /etc/haproxy/own_certificate.cfg
