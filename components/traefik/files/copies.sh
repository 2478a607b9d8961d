#!/bin/sh
# Starts what keeps copies of keys: its files are for root alone.
set -eu
umask 077
exec haproxy -W -db -f /etc/haproxy/copies.cfg
